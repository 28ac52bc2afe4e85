//! Serves epl until it is told to stop, or prints its permissions (`epl permissions`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(epl::permissions, epl::start).await?;
    Ok(())
}
