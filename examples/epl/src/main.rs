//! Serves epl until it is told to stop, or prints its permissions (`epl permissions`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), epl::permissions, epl::start).await?;
    Ok(())
}
