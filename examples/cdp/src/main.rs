//! Serves cdp until it is told to stop, or prints what it is (`cdp permissions`, `cdp asyncapi`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), cdp::describe, cdp::start).await?;
    Ok(())
}
