//! Serves epts until it is told to stop, or prints its permissions (`epts permissions`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), epts::permissions, epts::start).await?;
    Ok(())
}
