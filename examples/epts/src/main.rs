//! Serves epts until it is told to stop, or prints its permissions (`epts permissions`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(epts::permissions, epts::start).await?;
    Ok(())
}
