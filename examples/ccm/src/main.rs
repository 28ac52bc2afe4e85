//! Serves ccm until it is told to stop, or prints what it is (`ccm permissions`, `ccm asyncapi`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), ccm::describe, ccm::start).await?;
    Ok(())
}
