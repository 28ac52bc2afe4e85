//! Serves cmx until it is told to stop, or prints its permissions (`cmx permissions`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), cmx::permissions, cmx::start).await?;
    Ok(())
}
