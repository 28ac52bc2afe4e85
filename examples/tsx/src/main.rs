//! Serves tsx until it is told to stop, or prints what it is (`tsx permissions`, `tsx asyncapi`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(tsx::describe, tsx::start).await?;
    Ok(())
}
