//! What a program was started for: to serve, or to say what it is.

use std::io::{self, Write};

use kaa_process::config::{NatsConfig, NatsConfigError};

use super::RunError;
use crate::config::Config;
use crate::counters::Counters;
use crate::describe::Description;
use crate::serve::Stopped;

/// What the program was started for, by its first argument.
pub(super) enum Asked {
    ToServe,
    ToPrint(Printout),
}

/// What a program can say of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Printout {
    Permissions { json: bool },
    Asyncapi,
}

impl Asked {
    pub(super) fn by_arguments() -> Self {
        let mut arguments = std::env::args_os().skip(1);
        match arguments.next() {
            Some(first) if first == "permissions" => {
                Self::ToPrint(Printout::Permissions { json: arguments.any(|argument| argument == "--json") })
            }
            Some(first) if first == "asyncapi" => Self::ToPrint(Printout::Asyncapi),
            _ => Self::ToServe,
        }
    }
}

impl Printout {
    /// Prints it; a service that has served nobody.
    pub(super) fn print<E>(self, description: Description, config: &Config<E>) -> Result<Stopped, RunError> {
        let text = match self {
            Self::Permissions { json: true } => description.permissions.to_json() + "\n",
            Self::Permissions { json: false } => description.permissions.to_string(),
            Self::Asyncapi => {
                let description = Description { servers: servers(&config.nats)?, ..description };
                format!("{:#}\n", description.asyncapi())
            }
        };
        io::stdout().write_all(text.as_bytes()).map_err(RunError::Print)?;
        Ok(Stopped { counters: Counters::default(), unfinished: 0 })
    }
}

/// The addresses of the servers. No secret is read for them.
fn servers(config: &NatsConfig) -> Result<Vec<String>, NatsConfigError> {
    let mut without_secrets = NatsConfig::default();
    without_secrets.urls.clone_from(&config.urls);
    Ok(without_secrets.options()?.servers())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_are_those_of_the_configuration_and_no_secret_has_to_be_there() {
        let mut config = NatsConfig::default();
        config.username = Some("dcx".to_owned());
        config.password_file = Some("/nowhere".into());
        assert_eq!(servers(&config).unwrap(), ["nats://127.0.0.1:4222"]);
        config.urls = vec!["nats://a:1".to_owned(), "tls://b".to_owned()];
        assert_eq!(servers(&config).unwrap(), ["nats://a:1", "tls://b:4222"]);
    }
}
