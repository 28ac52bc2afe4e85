//! Configurations a device can ask for and observe: 7/CMP, kept in memory.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaa_ext::{PushError, prelude::*};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Configurations by name; `None` is the one without a name.
#[derive(Clone, Default)]
pub struct Configurations(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    current: HashMap<Option<ConfigName>, Response>,
    observers: HashMap<(EndpointId, Option<ConfigName>), Session>,
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Request {
    config_id: Option<String>,
    observe: Option<bool>,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Response {
    config_id: String,
    config: Value,
}

/// `{}` when the device has the current configuration already.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Answer {
    Configuration(Response),
    UpToDate {},
}

/// Gives a device its configuration, and with `observe` every later one as well.
#[resource("/config/json[/{config_name}]")]
pub(crate) async fn config(
    config_name: Option<ConfigName>,
    endpoint: EndpointId,
    State(configurations): State<Configurations>,
    session: Session,
    request: Option<Json<Request>>,
) -> Json<Answer> {
    let Json(request) = request.unwrap_or_default();
    match request.observe {
        Some(true) => configurations.observe(endpoint, config_name.clone(), session),
        Some(false) => configurations.forget(endpoint, config_name.clone()),
        None => {}
    }
    let current = configurations.current(config_name.as_ref());
    if request.config_id.as_ref() == Some(&current.config_id) {
        return Json(Answer::UpToDate {});
    }
    Json(Answer::Configuration(current))
}

impl Configurations {
    /// Makes `config` the current configuration of this name and tells all who observe it.
    ///
    /// # Errors
    ///
    /// [`PushError`] of the first device that could not be told; the others have been.
    pub async fn assign(&self, name: Option<ConfigName>, config: Value) -> Result<(), PushError> {
        let mut hasher = DefaultHasher::new();
        config.to_string().hash(&mut hasher);
        let response = Response { config_id: format!("{:016x}", hasher.finish()), config };
        let observers: Vec<_> = {
            let mut inner = self.lock();
            inner.current.insert(name.clone(), response.clone());
            let of_name = inner.observers.iter().filter(|((_, observed), _)| *observed == name);
            of_name.map(|(_, session)| session.clone()).collect()
        };
        let mut result = Ok(());
        for session in observers {
            result = result.and(session.push(Json(response.clone())).await);
        }
        result
    }

    fn current(&self, name: Option<&ConfigName>) -> Response {
        let unassigned = || Response { config_id: String::new(), config: Value::Null };
        self.lock().current.get(&name.cloned()).cloned().unwrap_or_else(unassigned)
    }

    fn observe(&self, endpoint: EndpointId, name: Option<ConfigName>, session: Session) {
        // This replica keeps the list, so the device's further requests have to come here.
        session.pin();
        self.lock().observers.insert((endpoint, name), session);
    }

    fn forget(&self, endpoint: EndpointId, name: Option<ConfigName>) {
        self.lock().observers.remove(&(endpoint, name));
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
