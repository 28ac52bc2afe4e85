//! The users of a nats-server, each with the permissions that its program prints, and no others.

use std::collections::BTreeMap;
use std::fmt::Write;

use kaa_bus::{Bus, NatsOptions, ServiceInstance};
use tokio::process::Command;

use crate::nats_server::NatsServer;
use crate::patience::soon;

/// A user who may do everything: the tests themselves.
pub const EVERYBODY: &str = "everybody";

/// The users by name, each with its block of the configuration. The password is the name.
#[derive(Debug)]
pub(crate) struct Users {
    pub(crate) blocks: BTreeMap<String, String>,
    /// The configuration without them.
    pub(crate) rest: String,
}

impl Users {
    pub(crate) fn new(rest: String) -> Self {
        Self { blocks: [(EVERYBODY.to_owned(), String::new())].into(), rest }
    }

    pub(crate) fn config(&self) -> String {
        let mut config = format!("{}\nauthorization {{ users: [\n", self.rest);
        for (user, block) in &self.blocks {
            let _ = write!(config, "{{ user: {user:?}, password: {user:?}\n{block}}}\n");
        }
        config + "] }\n"
    }
}

/// The permissions that a program prints when it is run like this.
///
/// # Panics
///
/// When it does not.
pub async fn permissions_of(mut command: Command) -> String {
    command.arg("permissions").kill_on_drop(true);
    let output = soon("permissions", command.output()).await.expect("a program can be executed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("permissions are text")
}

/// How this user logs in.
///
/// # Panics
///
/// When its name is none of a service.
pub fn login(server: &NatsServer, user: &str) -> NatsOptions {
    let service: ServiceInstance = user.parse().expect("the name of a service");
    NatsOptions::new(&server.url()).expect("an address").user_and_password(user, user).service(service)
}

/// A connection of this user.
///
/// # Panics
///
/// When there is none.
pub async fn connect(server: &NatsServer, user: &str) -> Bus {
    soon("a connection", Bus::nats(login(server, user))).await.expect("the user is known")
}
