//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// The communication service of Kaa: devices in front, on MQTT and HTTP, extension services behind.
///
/// Where a flag, a variable of the environment and the file say different things, the flag holds, then the
/// variable.
#[derive(Debug, Parser)]
#[command(name = "kaa-kpc", version, args_override_self = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Configuration file, YAML [env: KAA_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// NATS servers, separated by commas [default: nats://127.0.0.1:4222]
    #[arg(long, value_name = "URLS")]
    nats: Option<String>,

    /// Service instance name [default: kpc]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Which replica this is, unique in the cluster [default: a random one]
    #[arg(long, value_name = "NAME")]
    replica_id: Option<String>,

    /// MQTT [default without any address: 127.0.0.1:1883]
    #[arg(long, value_name = "ADDRESS")]
    mqtt: Option<String>,

    /// MQTT over TLS; the certificate is in the file
    #[arg(long, value_name = "ADDRESS")]
    mqtts: Option<String>,

    /// MQTT over WebSocket, at /ws; HTTP has it, too
    #[arg(long, value_name = "ADDRESS")]
    ws: Option<String>,

    /// The same over TLS
    #[arg(long, value_name = "ADDRESS")]
    wss: Option<String>,

    /// HTTP [default without any address: 127.0.0.1:8008]
    #[arg(long, value_name = "ADDRESS")]
    http: Option<String>,

    /// HTTP over TLS
    #[arg(long, value_name = "ADDRESS")]
    https: Option<String>,

    /// Health and metrics, or off [default: 127.0.0.1:9464]
    #[arg(long, value_name = "ADDRESS")]
    admin: Option<String>,

    /// For development: every token is its own endpoint
    #[arg(long)]
    trustful: bool,

    /// Listen beyond this machine without TLS, or without asking anybody who it is
    #[arg(long)]
    insecure_listen: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read a password from standard input and print its hash, for clients.passwords in the file
    HashPassword,
    /// Print the least permissions on NATS with this configuration, for a user of nats-server
    Permissions {
        /// Print JSON instead
        #[arg(long)]
        json: bool,
    },
}

impl Arguments {
    /// The value of a flag by its name with dashes.
    pub(crate) fn flag(&self, name: &str) -> Option<String> {
        let switch = |is_set: bool| is_set.then(|| true.to_string());
        match name {
            "--nats" => self.nats.clone(),
            "--name" => self.name.clone(),
            "--replica-id" => self.replica_id.clone(),
            "--mqtt" => self.mqtt.clone(),
            "--mqtts" => self.mqtts.clone(),
            "--ws" => self.ws.clone(),
            "--wss" => self.wss.clone(),
            "--http" => self.http.clone(),
            "--https" => self.https.clone(),
            "--admin" => self.admin.clone(),
            "--trustful" => switch(self.trustful),
            "--insecure-listen" => switch(self.insecure_listen),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_in_order() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_flag_that_is_given_is_found() {
        for flag in Arguments::command().get_arguments() {
            let Some(name) = flag.get_long().filter(|name| !matches!(*name, "help" | "version" | "config"))
            else {
                continue;
            };
            let name = format!("--{name}");
            let mut words = vec!["kaa-kpc", &name];
            if flag.get_action().takes_values() {
                words.push("value");
            }
            assert!(Arguments::parse_from(words).flag(&name).is_some(), "{name}");
        }
    }
}
