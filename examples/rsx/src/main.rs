//! Serves rsx until it is told to stop, or prints its permissions (`rsx permissions`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), rsx::permissions, rsx::start).await?;
    Ok(())
}
