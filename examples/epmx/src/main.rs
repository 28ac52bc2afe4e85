//! Serves epmx until it is told to stop, or prints what it is (`epmx permissions`, `epmx asyncapi`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), epmx::describe, epmx::start).await?;
    Ok(())
}
