//! The applications and extensions as an operator writes them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::str::FromStr;

use kaa_protocol::dialect::Dialect;
use kaa_protocol::kp1::EndpointAwareness;
use kaa_protocol::name::{AppVersion, NameError, ServiceInstance};
use serde::{Deserialize, Serialize};

use super::{Applications, Version};
use crate::options::OptionsError;

/// Who may use what. Each field is an entry of the configuration, with hyphens in place of underscores.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApplicationsOptions {
    /// The applications by name. Without any, every application version is served and may use every
    /// extension, and counts as an application of its own with the same name.
    pub applications: BTreeMap<String, ApplicationOptions>,
    /// The extensions by the names of their service instances. Without any, every name is taken for that of
    /// an extension; with some, all others are unknown (404).
    pub extensions: BTreeMap<String, ExtensionOptions>,
}

/// One application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ApplicationOptions {
    /// Its versions, by the names that devices use in their topics. A version belongs to one application.
    pub versions: BTreeMap<String, VersionOptions>,
}

/// One application version.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionOptions {
    /// The extensions its devices may use (403 for others). Left out: all; empty: none.
    pub extensions: Option<Vec<String>>,
}

/// One extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ExtensionOptions {
    /// Whether its paths have an endpoint token, and it gets an endpoint ID with every message. Default:
    /// `true`. One that serves clients rather than endpoints, such as a clock, has `false`.
    pub endpoint_aware: bool,
    /// The protocol that is spoken with it: `esp` or `ecs2ext`. Default: `esp`.
    pub dialect: Dialect,
}

impl Default for ExtensionOptions {
    fn default() -> Self {
        Self { endpoint_aware: true, dialect: Dialect::default() }
    }
}

impl ApplicationsOptions {
    /// The protocol that is spoken with each of the extensions. A name that is none is left out: it is refused
    /// when the rest is read.
    pub(crate) fn dialects(&self) -> impl Iterator<Item = (ServiceInstance, Dialect)> {
        self.extensions.iter().filter_map(|(name, options)| Some((name.parse().ok()?, options.dialect)))
    }

    pub(super) fn read(self) -> Result<Applications, OptionsError> {
        let mut reader = Reader::default();
        let extensions: HashMap<_, _> = reader.extensions(self.extensions);
        let extensions = (!extensions.is_empty()).then_some(extensions);
        let is_open = self.applications.is_empty();
        let mut versions = HashMap::new();
        for (name, application) in self.applications {
            reader.application(&name, application, extensions.as_ref(), &mut versions);
        }
        OptionsError::check("applications and extensions", reader.problems)?;
        Ok(Applications { versions: (!is_open).then_some(versions), extensions })
    }
}

type Extensions = HashMap<ServiceInstance, EndpointAwareness>;

/// Reads all entries, whatever is wrong with those before.
#[derive(Default)]
struct Reader {
    problems: Vec<String>,
}

impl Reader {
    fn extensions(&mut self, options: BTreeMap<String, ExtensionOptions>) -> Extensions {
        let mut extensions = HashMap::new();
        for (name, ExtensionOptions { endpoint_aware, dialect: _ }) in options {
            let awareness =
                if endpoint_aware { EndpointAwareness::Aware } else { EndpointAwareness::Unaware };
            if let Some(instance) = self.name("extensions", &name) {
                extensions.insert(instance, awareness);
            }
        }
        extensions
    }

    fn application(
        &mut self,
        name: &str,
        options: ApplicationOptions,
        extensions: Option<&Extensions>,
        versions: &mut HashMap<AppVersion, Version>,
    ) {
        // The same rule: without applications, a version's name is that of its application.
        if name.parse::<AppVersion>().is_err() {
            self.problems.push(format!(
                "applications.{name:?} is not the name of an application; \
                 expected 1 to 128 bytes without '+', '#', '/' and control characters"
            ));
        }
        let entry = format!("applications.{name}.versions");
        if options.versions.is_empty() {
            self.problems
                .push(format!("{entry} is missing; name the versions, or leave the application out"));
        }
        for (version, VersionOptions { extensions: allowed }) in options.versions {
            let allowed = allowed.map(|allowed| self.allowed(&entry, &version, allowed, extensions));
            let Some(version) = self.name::<AppVersion>(&entry, &version) else { continue };
            if let Some(Version { application, .. }) = versions.get(&version) {
                self.problems.push(format!(
                    "{entry}.{version} is a version of the application {application:?}, too; \
                     remove it from one of them"
                ));
                continue;
            }
            versions.insert(version, Version { application: name.to_owned(), allowed });
        }
    }

    fn allowed(
        &mut self,
        entry: &str,
        version: &str,
        allowed: Vec<String>,
        extensions: Option<&Extensions>,
    ) -> HashSet<ServiceInstance> {
        let entry = format!("{entry}.{version}.extensions");
        let mut instances = HashSet::new();
        for name in allowed {
            let Some(instance) = self.name::<ServiceInstance>(&entry, &name) else { continue };
            if extensions.is_some_and(|extensions| !extensions.contains_key(&instance)) {
                self.problems
                    .push(format!("{entry} has {name:?}, which is not listed in extensions; add it there"));
            }
            instances.insert(instance);
        }
        instances
    }

    fn name<T: FromStr<Err = NameError>>(&mut self, entry: &str, name: &str) -> Option<T> {
        name.parse().map_err(|error| self.problems.push(format!("{entry}: {error}"))).ok()
    }
}
