//! Serves tsx until it is told to stop, or prints its permissions (`tsx permissions`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(tsx::permissions, tsx::start).await?;
    Ok(())
}
