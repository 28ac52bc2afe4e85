//! Serves cdp until it is told to stop, or prints its permissions (`cdp permissions`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), cdp::permissions, cdp::start).await?;
    Ok(())
}
