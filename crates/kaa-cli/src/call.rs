//! `kaa call`: one request to an extension, as a communication service would send it.

mod output;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use kaa_ext::protocol::kp1::{RequestId, ResourcePath};
use kaa_ext::protocol::name::{AppVersion, ConfigName, EndpointId, ServiceInstance};
use kaa_tap::call::{self as exchange, Asked, Asker, CallError, Question};

use crate::arguments::{Payload, Unreadable, duration, resource_path};
use crate::connection::{Connection, ConnectionError};

/// Ask an extension, as a device would through a communication service.
///
/// The payload of the answer goes to standard output, status and latency to standard error.
/// The server and its credentials are taken from the environment (NATS_URLS, NATS_TOKEN, …) and
/// the file named by KAA_CONFIG, as an extension takes them.
///
/// Exit code: 0 for a 2xx answer, 1 for any other, 2 for wrong arguments, 3 when nobody serves the
/// instance, 4 when no answer came in time, 5 when NATS or the configuration fails.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  kaa call quickstart /json --endpoint sensor-1 --data '[{\"humidity\": 88}]'")]
pub(crate) struct Call {
    /// The service instance name of the extension, such as quickstart
    instance: ServiceInstance,
    /// The resource path, such as /json
    #[arg(value_parser = resource_path)]
    path: ResourcePath,
    #[command(flatten)]
    payload: Payload,
    /// The endpoint that asks; none for endpoint-unaware extensions
    #[arg(long, short)]
    endpoint: Option<EndpointId>,
    /// The application version of the endpoint
    #[arg(long, default_value = "kaa-cli-v1")]
    app_version: AppVersion,
    /// The request ID
    #[arg(long, default_value = "1")]
    request_id: RequestId,
    /// The name of a configuration, beside the path
    #[arg(long)]
    config_name: Option<ConfigName>,
    /// How long to wait for the answer; the request expires then
    #[arg(long, short, default_value = "5s", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    connection: Connection,
    /// Print one JSON object with status, reason, payload and latency
    #[arg(long)]
    json: bool,
}

/// Why there was nothing to ask, or nobody.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Payload(#[from] Unreadable),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Call(#[from] CallError),
}

impl Failed {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Call(CallError::NobodyServes { .. }) => 3,
            Self::Call(CallError::NoAnswer { .. }) => 4,
            Self::Payload(_) => 2,
            Self::Call(_) | Self::Connection(_) => 5,
        }
    }
}

impl Call {
    pub(crate) async fn run(self) -> ExitCode {
        let json = self.json;
        match self.ask().await {
            Ok(asked) => output::answer(&asked, json),
            Err(error) => {
                output::failure(&error, json);
                ExitCode::from(error.exit_code())
            }
        }
    }

    async fn ask(self) -> Result<Asked, Failed> {
        let payload = self.payload.read()?;
        let bus = self.connection.open("kaa call").await?;
        let question = Question {
            asker: Asker::Call,
            instance: &self.instance,
            resource_path: self.path.as_str(),
            payload: &payload,
            endpoint: self.endpoint.as_ref(),
            app_version: self.app_version.as_str(),
            request_id: self.request_id.into(),
            config_name: self.config_name.as_ref(),
            timeout: self.timeout,
        };
        let asked = exchange::ask(&bus, &question).await;
        // The answer is here, or it is not; the connection has nothing more to say.
        let _ = bus.close(Duration::from_millis(100)).await;
        Ok(asked?)
    }
}
