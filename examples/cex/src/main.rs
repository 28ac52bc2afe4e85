//! Serves cex until it is told to stop, or prints what it is (`cex permissions`, `cex asyncapi`).

use kaa_ext::{RunError, program, run};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), RunError> {
    run(program!(), cex::describe, cex::start).await?;
    Ok(())
}
