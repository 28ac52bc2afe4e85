//! Serves tsx until it is told to stop, or prints what it is (`tsx permissions`, `tsx asyncapi`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), tsx::describe, tsx::start).await?;
    Ok(())
}
