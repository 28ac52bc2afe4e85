//! Serves cex until it is told to stop, or prints its permissions (`cex permissions`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(cex::permissions, cex::start).await?;
    Ok(())
}
