//! Serves ccm until it is told to stop.

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(ccm::start).await?;
    Ok(())
}
