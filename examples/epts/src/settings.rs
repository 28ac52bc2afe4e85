//! What an operator can set of this service, beside what all services have.

use std::path::PathBuf;

use kaa_ext::Secret;
use kaa_ext::rest::RestConfig;
use serde::{Deserialize, Serialize};

/// `extension` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, kaa_ext::Settings)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Settings {
    /// The service instances whose samples are stored; empty for all.
    #[setting(variable = "TRANSMITTERS")]
    pub transmitters: Vec<String>,
    /// Where they are stored, a path or `postgres://…`. Default: the file `epts.sqlite`.
    #[setting(variable = "DATABASE")]
    pub database: Place,
    /// The field of a sample that is its time, in Unix milliseconds. Default: none, the
    /// time is that of the event.
    #[setting(variable = "TIMESTAMP_FIELD")]
    pub timestamp_field: Option<String>,
    /// Where people ask.
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

/// Where a database is: a path is a SQLite file, `postgres://…` a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", untagged)]
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
    use super::*;

    #[test]
    fn a_url_is_a_server_and_its_password_is_not_printed() {
        let place = Place::from("postgres://kaa:hunter2@db/kaa".to_owned());
        assert!(matches!(&place, Place::Server(url) if url.expose().ends_with("db/kaa")));
        let shown = serde_json::to_string(&place).unwrap();
        assert!(!format!("{place:?} {shown}").contains("hunter2"));
        assert_eq!(Place::from("epts.sqlite".to_owned()), Settings::default().database);
    }
}
