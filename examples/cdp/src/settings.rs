//! What an operator can set of this service, beside what all services have.

use std::path::PathBuf;

use kaa_ext::rest::RestConfig;
use kaa_ext::{ConfigError, Variable};
use serde::Deserialize;

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
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
    /// `extension.rest`: where the REST port is.
    pub rest: RestConfig,
}

/// Which protocols are spoken with the services that ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
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

#[rustfmt::skip]
impl kaa_ext::Settings for Settings {
    const VARIABLES: &[Variable<Self>] = &[
        Variable { name: "CDP_PROTOCOL", expected: "cdtp, cmx2cdp or both", set: |s, v| { s.protocol = protocol(v)?; Some(()) } },
        Variable { name: "CDP_STORE", expected: "sqlite or jetstream", set: |s, v| { s.store = store(v)?; Some(()) } },
        Variable { name: "CDP_PATH", expected: "the path of a file", set: |s, v| { s.path = v.into(); Some(()) } },
        Variable { name: "CDP_BUCKET", expected: "the name of a bucket", set: |s, v| { v.clone_into(&mut s.bucket); Some(()) } },
        Variable { name: "CDP_BUCKET_REPLICAS", expected: "1 to 5", set: |s, v| { s.bucket_replicas = v.parse().ok()?; Some(()) } },
    ];

    fn apply(&mut self, environment: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        kaa_ext::settings::apply(self, Self::VARIABLES, environment)?;
        kaa_ext::settings::apply(&mut self.rest, RestConfig::VARIABLES, environment)
    }
}

fn protocol(text: &str) -> Option<Protocol> {
    Some(match text {
        "cdtp" => Protocol::Cdtp,
        "cmx2cdp" => Protocol::Cmx2cdp,
        "both" => Protocol::Both,
        _ => return None,
    })
}

fn store(text: &str) -> Option<StoreKind> {
    Some(match text {
        "sqlite" => StoreKind::Sqlite,
        "jetstream" => StoreKind::Jetstream,
        _ => return None,
    })
}
