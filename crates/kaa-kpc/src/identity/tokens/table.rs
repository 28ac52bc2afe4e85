//! Tokens of the configuration.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::str::FromStr;

use bytestring::ByteString;
use kaa_protocol::kp1::RequestPath;
use kaa_protocol::name::{AppVersion, EndpointId, EndpointToken, NameError};

use super::{Found, Refusal, StaticToken, Verdict};
use crate::identity::clients::Client;
use crate::options::OptionsError;

/// What each token stands for, and who may use it.
pub(super) struct Table {
    tokens: HashMap<EndpointToken, Row>,
}

struct Row {
    endpoint_id: EndpointId,
    application: String,
    /// `None` for all versions.
    app_version: Option<AppVersion>,
    /// `None` for all clients.
    clients: Option<HashSet<ByteString>>,
}

/// Without the tokens.
impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("tokens", &self.tokens.len()).finish_non_exhaustive()
    }
}

impl Table {
    pub(super) fn new(tokens: Vec<StaticToken>) -> Result<Self, OptionsError> {
        let (mut table, mut problems) = (HashMap::new(), Vec::new());
        for (number, token) in (1..).zip(tokens) {
            // The number names the entry: the token itself is a secret.
            let entry = format!("token {number} (endpoint {:?})", token.endpoint);
            let Some((token, row)) = Row::read(&entry, token, &mut problems) else { continue };
            match table.entry(token) {
                Entry::Occupied(_) => problems.push(format!(
                    "{entry} is the same token as one before it; a token stands for one endpoint"
                )),
                Entry::Vacant(vacant) => drop(vacant.insert(row)),
            }
        }
        OptionsError::check("table of tokens", problems)?;
        Ok(Self { tokens: table })
    }

    pub(super) fn find(
        &self,
        application: &str,
        path: &RequestPath,
        token: &EndpointToken,
        client: &Client,
    ) -> Verdict {
        let row = self.tokens.get(token).filter(|row| row.is_for(application, path, client));
        let Row { endpoint_id, .. } = row.ok_or(Refusal::Unknown)?;
        Ok(Found { endpoint_id: endpoint_id.clone(), token_id: None })
    }
}

impl Row {
    fn read(entry: &str, token: StaticToken, problems: &mut Vec<String>) -> Option<(EndpointToken, Self)> {
        let before = problems.len();
        let StaticToken { token, endpoint, application, app_version, clients } = token;
        let token = token.parse().ok();
        if token.is_none() {
            problems.push(format!(
                "{entry} has no token of 1 to 128 bytes without '+', '#', '/', '.' and control characters"
            ));
        }
        let endpoint_id = read(entry, "endpoint", &endpoint, problems);
        if application.is_empty() {
            problems.push(format!("{entry} has no application; name the one that the endpoint belongs to"));
        }
        let app_version = app_version.map(|version| read(entry, "app-version", &version, problems));
        let clients = clients.map(|clients| clients.into_iter().map(ByteString::from).collect());
        if clients.as_ref().is_some_and(HashSet::is_empty) {
            problems.push(format!(
                "{entry} has no clients that may use it; name some, or leave the entry out for all of them"
            ));
        }
        if problems.len() > before {
            return None;
        }
        Some((
            token?,
            Self { endpoint_id: endpoint_id?, application, app_version: app_version.flatten(), clients },
        ))
    }

    fn is_for(&self, application: &str, path: &RequestPath, client: &Client) -> bool {
        self.application == application
            && self.app_version.as_ref().is_none_or(|version| *version == path.app_version)
            && self
                .clients
                .as_ref()
                .is_none_or(|clients| client.id.as_ref().is_some_and(|id| clients.contains(id)))
    }
}

fn read<T: FromStr<Err = NameError>>(
    entry: &str,
    field: &str,
    text: &str,
    problems: &mut Vec<String>,
) -> Option<T> {
    text.parse().map_err(|error| problems.push(format!("{entry}, {field}: {error}"))).ok()
}

#[cfg(test)]
mod tests;
