//! `kaa bench`: how fast an extension answers.

mod latencies;
mod load;
mod report;

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use kaa_ext::protocol::kp1::ResourcePath;
use kaa_ext::protocol::name::{AppVersion, ServiceInstance};
use kaa_process::signals::Signals;
use kaa_tap::call::CallError;

use crate::arguments::{Payload, Unreadable, duration, resource_path};
use crate::connection::{Connection, ConnectionError};
use crate::terminal::tell_error;
use load::{Load, Pace};
use report::Report;

/// Ask an extension as many devices would, and say how long its answers took.
///
/// Without --rate, so many requests are open at any time (--concurrency): what comes out is how much it can do. With
/// --rate, requests are made when they are due, whether or not others have been answered, and their latencies count from
/// then: what comes out is what devices would see. A load changes what it measures; it is for systems that may be loaded.
///
/// Exit code: 0 when all answers are 2xx, 1 when some are not or did not come, 2 for wrong arguments, 3 when nobody
/// serves the instance, 5 when NATS or the configuration fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa bench quickstart /json --data '[{\"humidity\": 88}]'              as fast as it goes
  kaa bench quickstart /json --data '[]' --rate 5000 --for 1m --json   what 5,000 devices would see, a second each")]
pub(crate) struct Bench {
    /// The service instance name of the extension, such as quickstart
    instance: ServiceInstance,
    /// The resource path, such as /json
    #[arg(value_parser = resource_path)]
    path: ResourcePath,
    #[command(flatten)]
    payload: Payload,
    /// How many endpoints ask in turn: bench-0, bench-1, …; 0 for endpoint-unaware extensions
    #[arg(long, value_name = "N", default_value = "100", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    endpoints: u32,
    /// The application version of the endpoints
    #[arg(long, default_value = "kaa-cli-v1")]
    app_version: AppVersion,
    /// How many requests are open at any time
    #[arg(long, value_name = "N", default_value = "64", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    concurrency: u32,
    /// How many requests are made a second
    #[arg(long, value_name = "N", conflicts_with = "concurrency", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Option<u32>,
    /// For how long
    #[arg(long = "for", value_name = "DURATION", default_value = "10s", value_parser = duration)]
    time: Duration,
    /// For how long before that, uncounted
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = humantime::parse_duration)]
    warm_up: Duration,
    /// How long an answer may take
    #[arg(long, short, default_value = "5s", value_parser = duration)]
    timeout: Duration,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Payload(#[from] Unreadable),
    #[error("signals cannot be listened to")]
    Signals(#[source] std::io::Error),
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error(transparent)]
    Call(#[from] CallError),
}

impl Failed {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Call(CallError::NobodyServes { .. }) => 3,
            Self::Payload(_) => 2,
            Self::Signals(_) | Self::Connection(_) | Self::Call(_) => 5,
        }
    }
}

impl Bench {
    pub(crate) async fn run(self) -> ExitCode {
        let json = self.json;
        match self.measure().await {
            Ok(report) => {
                report.print(json);
                if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
            }
            Err(error) => {
                tell_error("bench", &error);
                ExitCode::from(error.exit_code())
            }
        }
    }

    async fn measure(self) -> Result<Report, Failed> {
        let payload = self.payload.read()?;
        let mut signals = Signals::listen().map_err(Failed::Signals)?;
        let bus = self.connection.open("kaa bench").await?;
        let load = Load {
            instance: self.instance,
            path: self.path,
            payload,
            endpoints: self.endpoints,
            app_version: self.app_version,
            pace: self.rate.map_or(Pace::Open(self.concurrency), Pace::Rate),
            warm_up: self.warm_up,
            time: self.time,
            timeout: self.timeout,
        };
        Ok(load.run(&bus, async || signals.next().await).await?)
    }
}
