//! `service.instance`: which service this is, and which replica of it.

use kaa_protocol::name::{ReplicaId, ServiceInstance};
use serde::Deserialize;

use super::{Variable, set};

/// `service.instance` of a configuration. What is left out stays as the program has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct InstanceConfig {
    /// The service instance name.
    pub name: Option<ServiceInstance>,
    /// The identity of this replica, unique in the cluster.
    pub replica_id: Option<ReplicaId>,
}

impl InstanceConfig {
    /// `SERVICE_INSTANCE_NAME` and `SERVICE_INSTANCE_REPLICA_ID`.
    pub const VARIABLES: &[Variable<Self>] = &[
        Variable {
            name: "SERVICE_INSTANCE_NAME",
            expected: "1 to 128 visible ASCII characters without '.', '*', '>', '/', '+' and '#'",
            set: |config, text| set(&mut config.name, text.parse::<ServiceInstance>().ok()?),
        },
        Variable {
            name: "SERVICE_INSTANCE_REPLICA_ID",
            expected: "1 to 128 visible ASCII characters without '.', '*' and '>'",
            set: |config, text| set(&mut config.replica_id, text.parse::<ReplicaId>().ok()?),
        },
    ];
}
