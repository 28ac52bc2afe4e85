//! `kaa doctor`: what is wrong between here and the services.

mod finding;
mod login;
mod permitted;
mod reach;
mod served;

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use kaa_ext::protocol::name::ServiceInstance;

use crate::arguments::duration;
use crate::connection::Connection;
use crate::terminal::Paint;
use finding::{Finding, Level};

/// Check the way to NATS and to services, and say what to do about what is wrong.
///
/// Checked are the configuration, the connection with TLS and login, the server and its version, what the user may do,
/// the time of a round trip, and with --service whether a service answers and what its clock says. Nothing is changed;
/// the messages that are sent go to nobody, or ask a service for a path it does not have.
///
/// Exit code: 0 when nothing failed, 1 otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa doctor
  kaa doctor --nats tls://nats.example.com:4222 --service dcx --service cmx")]
pub(crate) struct Doctor {
    /// A service instance that should answer; may be repeated
    #[arg(long, short, value_name = "NAME")]
    service: Vec<ServiceInstance>,
    /// How long each check may take
    #[arg(long, short, default_value = "5s", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    connection: Connection,
}

impl Doctor {
    pub(crate) async fn run(self) -> ExitCode {
        let mut findings = Findings::default();
        self.examine(&mut findings).await;
        if findings.worst == Some(Level::Fail) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// From the outside to the inside; what cannot be reached cannot be checked.
    async fn examine(&self, findings: &mut Findings) {
        let config = match self.connection.config() {
            Ok(config) => config,
            Err(error) => return findings.add(login::unusable(&error)),
        };
        let bus = match self.connection.open("kaa doctor").await {
            Ok(bus) => bus,
            Err(error) => return findings.add(reach::unreachable(&error)),
        };
        if let Some(server) = bus.server() {
            reach::server(&server).into_iter().for_each(|finding| findings.add(finding));
            findings.add(login::tls(&config, server.tls_required));
            findings.add(login::login(&config, server.login_required));
        }
        findings.add(reach::round_trip(&bus, self.timeout).await);
        for finding in permitted::check(&bus, self.timeout).await {
            findings.add(finding);
        }
        for service in &self.service {
            for finding in served::check(&bus, service, self.timeout).await {
                findings.add(finding);
            }
        }
        // Everything was asked; the connection has nothing more to say.
        let _ = bus.close(Duration::from_millis(100)).await;
    }
}

/// Prints what is found as it is found.
#[derive(Debug, Default)]
struct Findings {
    worst: Option<Level>,
}

impl Findings {
    #[allow(clippy::needless_pass_by_value, reason = "a finding is told once")]
    fn add(&mut self, finding: Finding) {
        self.worst = self.worst.max(Some(finding.level));
        let mut out = stdout().lock();
        // Nobody reads standard output any more; the exit code is still told.
        let _ = write!(out, "{}", finding.text(Paint::on(&out)));
    }
}
