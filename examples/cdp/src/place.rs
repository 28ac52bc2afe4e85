//! Whose configuration it is: the names that lead to one.

use kaa_ext::prelude::*;

/// Of an application version or of one of its endpoints, with a name or the one without.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) app_version: AppVersion,
    pub(crate) endpoint: Option<EndpointId>,
    pub(crate) name: Option<ConfigName>,
}

/// What the key of every configuration begins with.
const CONFIGURATION: &str = "configuration/";

impl Place {
    /// Its key in the store. None of the names has a slash in it.
    pub(crate) fn key(&self) -> String {
        let (endpoint, name) = (text(self.endpoint.as_ref()), self.name());
        format!("{CONFIGURATION}{}/{endpoint}/{name}", self.app_version)
    }

    /// What the keys of all configurations begin with, those of endpoints too.
    pub(crate) fn prefix_of_all(app_version: Option<&AppVersion>) -> String {
        app_version.map_or_else(|| CONFIGURATION.to_owned(), |name| format!("{CONFIGURATION}{name}/"))
    }

    /// The place of a key; `None` for a key of something else.
    pub(crate) fn of(key: &str) -> Option<Self> {
        let mut names = key.strip_prefix(CONFIGURATION)?.split('/');
        let app_version = names.next()?.parse().ok()?;
        let endpoint = optional(names.next()?)?;
        let name = optional(names.next()?)?;
        names.next().is_none().then_some(Self { app_version, endpoint, name })
    }

    /// The name, empty for the configuration without one.
    pub(crate) fn name(&self) -> &str {
        text(self.name.as_ref())
    }

    /// The key that is written when it is deleted, for its revision; `None` where nothing else holds afterwards.
    pub(crate) fn deletion(&self) -> Option<String> {
        let endpoint = self.endpoint.as_ref()?;
        Some(format!("deleted/{}/{endpoint}/{}", self.app_version, self.name()))
    }

    /// The same of the application version.
    pub(crate) fn of_all(&self) -> Self {
        Self { endpoint: None, ..self.clone() }
    }
}

fn text<T: AsRef<str>>(name: Option<&T>) -> &str {
    name.map_or("", AsRef::as_ref)
}

fn optional<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

/// The key of what an endpoint reported of a configuration; of all of them, without a name.
pub(crate) fn applied(app_version: &AppVersion, endpoint: &EndpointId, name: &str) -> String {
    format!("applied/{app_version}/{endpoint}/{name}")
}
