//! Serves epmx until it is told to stop, or prints its permissions (`epmx permissions`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), epmx::permissions, epmx::start).await?;
    Ok(())
}
