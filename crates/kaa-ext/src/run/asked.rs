//! What a program says of itself instead of serving.

use kaa_process::config::{self, Command, NatsConfig, NatsConfigError};

use super::RunError;
use crate::counters::Counters;
use crate::describe::Description;
use crate::serve::Stopped;

const PERMISSIONS: &str = "permissions";
const ASYNCAPI: &str = "asyncapi";

/// What can be asked of every extension.
pub(super) const COMMANDS: [Command; 2] = [
    Command {
        name: PERMISSIONS,
        doc: "print the least permissions on NATS with this configuration, for a user of nats-server",
        json: true,
    },
    Command { name: ASYNCAPI, doc: "print what it hears and says, as an AsyncAPI 3 document", json: false },
];

/// Does one of the commands.
pub(super) fn say(
    command: Command,
    json: bool,
    description: Description,
    nats: &NatsConfig,
) -> Result<Stopped, RunError> {
    if command.name == ASYNCAPI {
        let description = Description { servers: servers(nats)?, ..description };
        return print(&format!("{:#}\n", description.asyncapi()));
    }
    let permissions = &description.permissions;
    print(&if json { permissions.to_json() + "\n" } else { permissions.to_string() })
}

/// Prints what was asked for; a service that has served nobody.
pub(super) fn print(text: &str) -> Result<Stopped, RunError> {
    config::print(text).map_err(RunError::Print)?;
    Ok(Stopped { counters: Counters::default(), unfinished: 0 })
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
