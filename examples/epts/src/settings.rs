//! What an operator can set of this service, beside what all services have.

use std::path::PathBuf;

use kaa_ext::rest::RestConfig;
use kaa_ext::settings::{listed, set};
use kaa_ext::{ConfigError, Secret, Variable};
use serde::Deserialize;

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// `transmitters`: the service instances whose samples are stored; empty for all. Default: empty.
    pub transmitters: Vec<String>,
    /// `database`: where they are stored, a path or `postgres://…`. Default: the file `epts.sqlite`.
    pub database: Place,
    /// `timestamp-field`: the field of a sample that is its time, in Unix milliseconds. Default: none, the
    /// time is that of the event.
    pub timestamp_field: Option<String>,
    /// `rest`: where people ask. Default: port 8102 of the loopback interface.
    pub rest: RestConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            transmitters: Vec::new(),
            database: Place::File("epts.sqlite".into()),
            timestamp_field: None,
            rest: RestConfig::on_port(8102),
        }
    }
}

impl kaa_ext::Settings for Settings {
    const VARIABLES: &[Variable<Self>] = &[
        Variable {
            name: "TRANSMITTERS",
            expected: "service instance names, separated by commas",
            set: |settings, text| set(&mut settings.transmitters, listed(text)),
        },
        Variable {
            name: "DATABASE",
            expected: "a path, or postgres://…",
            set: |settings, text| set(&mut settings.database, text.to_owned()),
        },
        Variable {
            name: "TIMESTAMP_FIELD",
            expected: "the name of a field",
            set: |settings, text| set(&mut settings.timestamp_field, text.to_owned()),
        },
    ];

    fn apply(&mut self, environment: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        kaa_ext::settings::apply(self, Self::VARIABLES, environment)?;
        kaa_ext::settings::apply(&mut self.rest, RestConfig::VARIABLES, environment)
    }
}

/// Where a database is: a path is a SQLite file, `postgres://…` a server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
#[non_exhaustive]
pub enum Place {
    /// A SQLite file.
    File(PathBuf),
    /// A PostgreSQL server; the URL may have a password in it.
    Server(Secret),
}

impl From<String> for Place {
    fn from(text: String) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Server(text.as_str().into())
        } else {
            Self::File(text.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use kaa_ext::Settings as _;

    use super::*;

    #[test]
    fn a_url_is_a_server_and_its_password_is_not_printed() {
        let place = Place::from("postgres://kaa:hunter2@db/kaa".to_owned());
        assert!(matches!(&place, Place::Server(url) if url.expose().ends_with("db/kaa")));
        assert!(!format!("{place:?}").contains("hunter2"));
        assert_eq!(Place::from("epts.sqlite".to_owned()), Settings::default().database);
    }

    #[test]
    fn variables_reach_their_entries() {
        let mut settings = Settings::default();
        let set = |name: &str| match name {
            "TRANSMITTERS" => Some("dcx, epl,".to_owned()),
            "DATABASE" => Some("/var/lib/epts.sqlite".to_owned()),
            "TIMESTAMP_FIELD" => Some("ts".to_owned()),
            _ => None,
        };
        settings.apply(&set).unwrap();
        assert_eq!(settings.transmitters, ["dcx", "epl"]);
        assert_eq!(settings.database, Place::File("/var/lib/epts.sqlite".into()));
        assert_eq!(settings.timestamp_field.as_deref(), Some("ts"));
    }
}
