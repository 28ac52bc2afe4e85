//! Which application versions there are, and which extensions they may use.

use kaa_protocol::kp1::{EndpointAwareness, RequestPath};
use kaa_protocol::name::ServiceInstance;

use crate::relay::Answer;

/// The application versions that are served. SKELETON.
#[derive(Debug, Default)]
pub struct Applications {}

impl Applications {
    /// Whether the paths of an extension have an endpoint token.
    pub fn awareness(&self, _extension: &ServiceInstance) -> EndpointAwareness {
        EndpointAwareness::Aware
    }

    /// The application of a path whose version may use its extension.
    ///
    /// # Errors
    ///
    /// 404 for an unknown version or extension, 403 when the version may not use the extension.
    pub fn allow<'a>(&'a self, path: &'a RequestPath) -> Result<&'a str, Answer> {
        Ok(path.app_version.as_str())
    }
}
