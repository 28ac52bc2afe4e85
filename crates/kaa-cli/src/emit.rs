//! `kaa emit`: an event, as a service would announce it.

mod build;
mod events;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use kaa_ext::bus::{CloseError, PublishError};
use kaa_ext::protocol::name::{AppVersion, EndpointId, ServiceInstance};

use tokio::time::timeout;

use crate::connection::{Connection, ConnectionError};
use crate::terminal::{tell, tell_error};
use build::{BuildError, Given};
use events::EventName;

/// Announce an event, as a service would.
///
/// Its fields come from --data, a JSON object, and from --field, one by one. Correlation ID, time and the replica it is from
/// are filled in. Bytes are given as JSON or text, or as {"$hex":"…"}.
///
/// Exit code: 0 when nats-server has the event, 2 when fields are missing or wrong, 5 when NATS or the configuration
/// fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa emit --list
  kaa emit connected --endpoint e1
  kaa emit config-updated --from cdp --endpoint e1 --data '{\"configId\":\"7\",\"content\":{\"rate\":5}}'
  kaa emit data-samples --from dcx --endpoint e1 --field dataSamples='[{\"temperature\":21.5}]'")]
pub(crate) struct Emit {
    /// The event, such as connected; --list prints all of them
    #[arg(required_unless_present = "list")]
    event: Option<EventName>,
    /// Print the events there are, and what each wants to be told
    #[arg(long, exclusive = true)]
    list: bool,
    /// The fields as a JSON object
    #[arg(long, short, value_name = "JSON")]
    data: Option<String>,
    /// One field; JSON, or else text; may be repeated
    #[arg(long = "field", short, value_name = "NAME=VALUE")]
    fields: Vec<String>,
    /// The endpoint it is about
    #[arg(long, short, value_name = "ID")]
    endpoint: Option<EndpointId>,
    /// The application version of the endpoint
    #[arg(long, default_value = "kaa-cli-v1")]
    app_version: AppVersion,
    /// The service instance that announces it
    #[arg(long, value_name = "NAME", default_value = "kaa-cli")]
    from: ServiceInstance,
    #[command(flatten)]
    connection: Connection,
}

/// Why nobody hears of it.
#[derive(Debug, thiserror::Error)]
enum EmitError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("the event was not sent")]
    Publish(#[from] PublishError),
    #[error("nats-server did not confirm that it has the event")]
    Close(#[from] CloseError),
}

impl Emit {
    /// How long nats-server may take to confirm.
    const CONFIRMED: Duration = Duration::from_secs(5);

    /// How long after that it may take to hear that it was refused.
    const REFUSED: Duration = Duration::from_millis(50);

    pub(crate) async fn run(self) -> ExitCode {
        let Some(event) = self.event else { return events::print() };
        match self.emit(event).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tell_error("emit", &error);
                ExitCode::from(if matches!(error, EmitError::Build(_)) { 2 } else { 5 })
            }
        }
    }

    async fn emit(self, event: EventName) -> Result<(), EmitError> {
        let given = Given {
            data: self.data.as_deref(),
            fields: &self.fields,
            endpoint: self.endpoint.as_ref(),
            app_version: &self.app_version,
            from: &self.from,
        };
        let (subject, datum) = build::event(event, &given)?;
        let bus = self.connection.open("kaa emit").await?;
        let mut forbidden = bus.watch_forbidden();
        let size = datum.len();
        bus.publish(subject.clone(), None, datum).await?;
        // A refusal comes before the answer to the round trip with which the connection is closed; another task tells
        // of it.
        bus.close(Self::CONFIRMED).await?;
        if let Ok(forbidden) = timeout(Self::REFUSED, forbidden.next()).await {
            return Err(PublishError::Forbidden(forbidden).into());
        }
        tell("emit", &format!("{} is announced at {subject} ({size} bytes)", event.record()));
        Ok(())
    }
}
