//! Serves cdp until it is told to stop, or prints its permissions (`cdp permissions`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(cdp::permissions, cdp::start).await?;
    Ok(())
}
