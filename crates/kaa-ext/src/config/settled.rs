//! What a program has made of its configuration, for `--print-config`.

use std::sync::{Arc, OnceLock};

use super::{LimitsConfig, ServiceConfig};

/// A note of what holds where nothing is set. Only the program knows, and it says so when an extension is
/// configured; the first one counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settled(Arc<OnceLock<(ServiceConfig, LimitsConfig)>>);

impl Settled {
    pub(crate) fn note(&self, service: ServiceConfig, limits: LimitsConfig) {
        // A further extension of the same program has the same configuration.
        let _ = self.0.set((service, limits));
    }

    pub(crate) fn get(&self) -> Option<(ServiceConfig, LimitsConfig)> {
        self.0.get().cloned()
    }
}

/// What has been made of it does not make one configuration another.
impl PartialEq for Settled {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Settled {}
