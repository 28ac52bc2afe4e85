//! Serves cmx until it is told to stop, or prints what it is (`cmx permissions`, `cmx asyncapi`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(cmx::describe, cmx::start).await?;
    Ok(())
}
