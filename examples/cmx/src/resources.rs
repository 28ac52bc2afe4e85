//! What devices ask: 7/CMP.

use std::sync::Arc;

use kaa_ext::Holding;
use kaa_ext::prelude::*;
use kaa_ext::protocol::cmp::{AppliedRequest, ConfigRequest, ConfigResponse};

use crate::App;
use crate::key::Key;
use crate::notice::Notice;
use crate::observations::Observations;
use crate::provider::Provider;
use crate::siblings::{Afterwards, Siblings};
use crate::watch::{Turn, Watch};

/// Gives a device its configuration unless it has the latest, and with `observe` every later one as well.
#[allow(clippy::too_many_arguments, reason = "each is a piece of its own")]
#[resource("/config/json[/{config_name}]", state = App)]
pub(crate) async fn config(
    config_name: Option<ConfigName>,
    app_version: AppVersion,
    endpoint: EndpointId,
    request_id: Option<RequestId>,
    session: Session,
    DeviceJson(request): DeviceJson<ConfigRequest>,
    State(provider): State<Provider>,
    State(observations): State<Arc<Observations>>,
    State(siblings): State<Arc<Siblings>>,
    messaging: Messaging,
) -> Result<Holding<DeviceJson<ConfigResponse>, WhenSent>, Failure> {
    let key = Key { app_version, endpoint, name: config_name };
    let is_answered = request_id.is_some();
    let watch = match request.observe {
        Some(is_wanted) => {
            let claim = siblings.claim();
            if is_wanted {
                let watch = observations.begin(&key, &session, claim)?;
                siblings.tell(watch.notice()).await?;
                Some(watch)
            } else {
                if let Some(ended) = observations.end(&key.endpoint, key.name.as_ref(), &claim) {
                    // A push that has begun comes before the answer, which promises that it was the last.
                    ended.turn().await;
                }
                siblings.tell(Notice::ended(&key, &claim)).await?;
                None
            }
        }
        None => observations.get(&key),
    };
    let known = request.config_id;
    if let Some(watch) = watch {
        let (latest, turn) =
            observed(&watch, key, known, is_answered, session, &provider, &siblings, &messaging).await?;
        let told = Afterwards::new(siblings, watch.notice());
        return Ok(Holding(DeviceJson(latest), (Some(told), Some(turn))));
    }
    let latest = provider.latest(&messaging, &key, known.as_deref()).await?;
    let told = Notice::told(&key, id(&latest, known.as_deref()));
    let told = is_answered.then(|| Afterwards::new(siblings, told));
    Ok(Holding(DeviceJson(latest), (told, None)))
}

/// What follows the answer, in this order: the others are told, and then comes the next who has something for the
/// endpoint.
type WhenSent = (Option<Afterwards>, Option<Turn>);

/// The answer to who observes, in turn with the pushes.
#[allow(clippy::too_many_arguments, reason = "each is a piece of its own")]
async fn observed(
    watch: &Watch,
    key: Key,
    known: Option<String>,
    is_answered: bool,
    session: Session,
    provider: &Provider,
    siblings: &Siblings,
    messaging: &Messaging,
) -> Result<(ConfigResponse, Turn), Failure> {
    let turn = watch.turn().await;
    watch.is_reached_by(key.app_version.clone(), session);
    watch.has(known.clone());
    let hints = watch.hints();
    let latest = provider.latest(messaging, &key, known.as_deref()).await?;
    if is_answered {
        if let ConfigResponse::Changed { config_id, .. } = &latest {
            watch.is_sent(config_id.clone());
            siblings.tell(watch.notice()).await?;
        }
        watch.has(Some(id(&latest, known.as_deref()).to_owned()));
        watch.is_checked(hints);
    }
    Ok((latest, turn))
}

/// What the device has when it has this answer.
fn id<'a>(latest: &'a ConfigResponse, known: Option<&'a str>) -> &'a str {
    match latest {
        ConfigResponse::Changed { config_id, .. } => config_id,
        ConfigResponse::Unchanged => known.unwrap_or_default(),
    }
}

/// Takes what a device says of a configuration, and passes it on.
#[resource("/applied/json[/{config_name}]")]
pub(crate) async fn applied(
    config_name: Option<ConfigName>,
    app_version: AppVersion,
    endpoint: EndpointId,
    DeviceJson(request): DeviceJson<AppliedRequest>,
    State(provider): State<Provider>,
    messaging: Messaging,
) -> Result<(), Failure> {
    let key = Key { app_version, endpoint, name: config_name };
    Ok(provider.applied(&messaging, &key, request).await?)
}
