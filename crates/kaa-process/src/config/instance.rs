//! `service.instance`: which service this is, and which replica of it.

use kaa_protocol::name::{ReplicaId, ServiceInstance};
use serde::{Deserialize, Serialize};

use super::Settings;

/// `service.instance` of a configuration. What is left out stays as the program has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct InstanceConfig {
    /// The name of the service instance: its subject and its queue group. Default: as in the program.
    #[setting(flag = "--name")]
    pub name: Option<ServiceInstance>,
    /// The identity of this replica, unique in the cluster; also the name under which NATS lists its connection.
    /// Default: the instance and a random number.
    #[setting(flag = "--replica-id")]
    pub replica_id: Option<ReplicaId>,
}
