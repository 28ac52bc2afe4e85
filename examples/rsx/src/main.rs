//! Serves rsx until it is told to stop, or prints what it is (`rsx permissions`, `rsx asyncapi`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), rsx::describe, rsx::start).await?;
    Ok(())
}
