//! Serves cex until it is told to stop, or prints its permissions (`cex permissions`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), cex::permissions, cex::start).await?;
    Ok(())
}
