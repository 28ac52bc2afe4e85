//! What a configuration means to a device (7/CMP).

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// How often samples are taken, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sampling(u64);

impl Sampling {
    const SHORTEST: u64 = 100;
    const LONGEST: u64 = 60_000;

    pub(super) fn period(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl Default for Sampling {
    fn default() -> Self {
        Self(1000)
    }
}

/// What a device is told about its configuration: `{}` when it has the current one already.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Configuration {
    config_id: String,
    config: Value,
}

impl Configuration {
    pub(super) fn read(payload: &[u8]) -> Option<Self> {
        serde_json::from_slice(payload).ok()
    }

    /// Its ID if there is one to apply, and it is not the one the device has.
    pub(super) fn new_id(&self, current: &str) -> Option<&str> {
        let id = self.config_id.as_str();
        (!id.is_empty() && id != current && !self.config.is_null()).then_some(id)
    }

    /// How often it wants samples: `{"sampling": 500}`; without a word about it, as before anything was said.
    ///
    /// # Errors
    ///
    /// Why it cannot be applied.
    pub(super) fn sampling(&self) -> Result<Sampling, String> {
        let Some(sampling) = self.config.get("sampling") else { return Ok(Sampling::default()) };
        let fits = |millis: &u64| (Sampling::SHORTEST..=Sampling::LONGEST).contains(millis);
        sampling.as_u64().filter(fits).map(Sampling).ok_or_else(|| {
            format!("sampling: expected {} to {} milliseconds", Sampling::SHORTEST, Sampling::LONGEST)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling(text: &str) -> Result<u64, String> {
        Configuration::read(text.as_bytes()).unwrap().sampling().map(|sampling| sampling.0)
    }

    #[test]
    fn a_device_samples_as_it_is_told_within_reason() {
        for (millis, is_good) in [(99, false), (100, true), (101, true), (60_000, true), (60_001, false)] {
            let told = sampling(&format!(r#"{{"configId":"1","config":{{"sampling":{millis}}}}}"#));
            assert_eq!(told.ok(), is_good.then_some(millis));
        }
        for wrong in [r#""fast""#, "-1", "1.5", "null", "[]"] {
            let error = sampling(&format!(r#"{{"config":{{"sampling":{wrong}}}}}"#)).unwrap_err();
            assert!(error.contains("100 to 60000"), "{error}");
        }
        assert_eq!(sampling(r#"{"configId":"1","config":{"led":"on"}}"#), Ok(1000));
    }

    #[test]
    fn a_configuration_is_applied_once() {
        let told = |text: &str| Configuration::read(text.as_bytes()).unwrap();
        let new = told(r#"{"configId":"b","config":{}}"#);
        assert_eq!((new.new_id("a"), new.new_id("b")), (Some("b"), None));
        assert_eq!(told("{}").new_id(""), None, "the current one is in use already");
        assert_eq!(told(r#"{"configId":"","config":null}"#).new_id("a"), None, "nothing is assigned");
    }
}
