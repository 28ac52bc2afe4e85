//! Serves tsx until it is told to stop, or prints its permissions (`tsx permissions`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), tsx::permissions, tsx::start).await?;
    Ok(())
}
