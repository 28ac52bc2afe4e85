//! Serves ccm until it is told to stop, or prints what it is (`ccm permissions`, `ccm asyncapi`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(ccm::describe, ccm::start).await?;
    Ok(())
}
