//! What an operator can set of this service, beside what all services have.

use std::path::PathBuf;

use kaa_ext::rest::RestConfig;
use serde::{Deserialize, Serialize};

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, kaa_ext::Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// Which protocols are spoken with the services that ask.
    pub protocol: Protocol,
    /// Where configurations are kept.
    pub store: StoreKind,
    /// The file of the SQLite store.
    pub path: PathBuf,
    /// The bucket of the JetStream store: the replicas that name the same one share it.
    pub bucket: String,
    /// How many servers of a NATS cluster keep a bucket that is made here, 1 to 5.
    pub bucket_replicas: u8,
    /// Where configurations are managed.
    pub rest: RestConfig,
}

/// Which protocols are spoken with the services that ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// 6/CDTP.
    #[default]
    Cdtp,
    /// 5/CMX2CDP, its predecessor.
    Cmx2cdp,
    /// Both at once.
    Both,
}

/// Where configurations are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// In a SQLite file of this one replica.
    #[default]
    Sqlite,
    /// In a JetStream key-value bucket that replicas share.
    Jetstream,
}

impl Protocol {
    pub(crate) fn has_cdtp(self) -> bool {
        self != Self::Cmx2cdp
    }

    pub(crate) fn has_cmx2cdp(self) -> bool {
        self != Self::Cdtp
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            protocol: Protocol::default(),
            store: StoreKind::default(),
            path: "cdp.sqlite".into(),
            bucket: "cdp".to_owned(),
            bucket_replicas: 1,
            rest: RestConfig::on_port(8101),
        }
    }
}
