//! Which application versions there are, and which extensions they may use.
//!
//! ```
//! use kaa_kpc::applications::{Applications, ApplicationsOptions};
//! use kaa_protocol::kp1::RequestPath;
//!
//! let options: ApplicationsOptions = serde_json::from_str(
//!     r#"{
//!         "applications": {"kettle": {"versions": {"kettle-v1": {"extensions": ["dcx"]}, "kettle-v2": {}}}},
//!         "extensions": {"dcx": {}, "clock": {"endpoint-aware": false}}
//!     }"#,
//! )?;
//! let applications = Applications::new(options)?;
//!
//! let allow = |topic| {
//!     let path = RequestPath::from_topic(topic, |extension| applications.awareness(extension)).unwrap();
//!     applications.allow(&path).map(str::to_owned).map_err(|refusal| refusal.status_code)
//! };
//! assert_eq!(allow("kp1/kettle-v2/clock/time/1").as_deref(), Ok("kettle"));
//! assert_eq!(allow("kp1/kettle-v1/clock/time/1"), Err(403));
//! assert_eq!(allow("kp1/kettle-v3/clock/time/1"), Err(404));
//! assert_eq!(allow("kp1/kettle-v2/cmx/token/config/json/1"), Err(404));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod options;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use kaa_protocol::kp1::{EndpointAwareness, RequestPath};
use kaa_protocol::name::{AppVersion, ServiceInstance};

pub use options::{ApplicationOptions, ApplicationsOptions, ExtensionOptions, VersionOptions};

use crate::options::OptionsError;
use crate::relay::Answer;

/// The application versions that are served, and the extensions that serve them. Nothing in here grows
/// with what clients ask for.
///
/// The default serves every version and every extension, all of them aware of endpoints; an application
/// has the name of its version then.
#[derive(Debug, Default)]
pub struct Applications {
    /// `None` for all there may be.
    versions: Option<HashMap<AppVersion, Version>>,
    /// `None` for all there may be.
    extensions: Option<HashMap<ServiceInstance, EndpointAwareness>>,
}

#[derive(Debug)]
struct Version {
    application: String,
    /// The extensions it may use; `None` for all.
    allowed: Option<HashSet<ServiceInstance>>,
}

impl Applications {
    /// The applications that an operator wants.
    ///
    /// # Errors
    ///
    /// [`OptionsError`], with every entry that is wrong.
    pub fn new(options: ApplicationsOptions) -> Result<Self, OptionsError> {
        options.read()
    }

    /// Whether the paths of an extension have an endpoint token. Those of an unknown one are read as if
    /// they had; [`allow`](Self::allow) refuses them.
    pub fn awareness(&self, extension: &ServiceInstance) -> EndpointAwareness {
        let known = self.extensions.as_ref().and_then(|extensions| extensions.get(extension));
        known.copied().unwrap_or(EndpointAwareness::Aware)
    }

    /// The application of a path whose version may use its extension.
    ///
    /// # Errors
    ///
    /// 404 for an unknown version or extension, 403 when the version may not use the extension.
    pub fn allow<'a>(&'a self, path: &'a RequestPath) -> Result<&'a str, Answer> {
        let RequestPath { app_version, extension, .. } = path;
        // As quoted text: a name may have characters that a terminal would follow.
        let (version_name, name) = (app_version.as_str(), extension.as_str());
        let version = match &self.versions {
            Some(versions) => Some(versions.get(app_version).ok_or_else(|| {
                Answer::refused(404, format!("there is no application version {version_name:?} here"))
            })?),
            None => None,
        };
        if self.extensions.as_ref().is_some_and(|extensions| !extensions.contains_key(extension)) {
            return Err(Answer::refused(404, format!("there is no extension {name:?} here")));
        }
        let Some(version) = version else { return Ok(version_name) };
        if version.allowed.as_ref().is_some_and(|allowed| !allowed.contains(extension)) {
            let reason = format!("application version {version_name:?} may not use extension {name:?}");
            return Err(Answer::refused(403, reason));
        }
        Ok(&version.application)
    }
}
