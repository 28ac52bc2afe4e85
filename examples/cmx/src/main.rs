//! Serves cmx until it is told to stop, or prints what it is (`cmx permissions`, `cmx asyncapi`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), cmx::describe, cmx::start).await?;
    Ok(())
}
