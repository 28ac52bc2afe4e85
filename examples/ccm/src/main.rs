//! Serves ccm until it is told to stop, or prints its permissions (`ccm permissions`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), ccm::permissions, ccm::start).await?;
    Ok(())
}
