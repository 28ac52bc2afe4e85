//! Serves epl until it is told to stop, or prints what it is (`epl permissions`, `epl asyncapi`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), epl::describe, epl::start).await?;
    Ok(())
}
