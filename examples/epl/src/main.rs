//! Serves epl until it is told to stop, or prints what it is (`epl permissions`, `epl asyncapi`).

use kaa_ext::{RunError, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(epl::describe, epl::start).await?;
    Ok(())
}
