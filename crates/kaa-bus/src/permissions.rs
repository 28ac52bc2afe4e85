//! What a service may do on NATS: the least permissions of its user, for the configuration of nats-server.

use std::fmt;

use kaa_protocol::ism::{Address, Awaited, Event, Request};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{Inbox, Subject, SubjectFilter, Target};

use crate::messaging::Delivery;

#[cfg(feature = "kv")]
mod bucket;

/// The least permissions of a service. Printed, they are a block for its user in the configuration of
/// nats-server.
///
/// A replica whose ID is not fixed makes one up at each start, so its subjects are allowed for every ID.
///
/// ```
/// use kaa_bus::{Permissions, ServiceInstance};
/// use kaa_protocol::cdtp::ConfigApplied;
///
/// let mut cmx = Permissions::new(ServiceInstance::from_static("cmx"), None);
/// cmx.sends::<ConfigApplied>();
/// assert_eq!(
///     cmx.to_string(),
///     r#"permissions {
///   publish: { allow: [
///     "_INBOX.cmx.>"  # round trips of its own
///     "kaa.v1.events.cmx.endpoint.config.applied"  # ConfigApplied
///   ] }
///   subscribe: { allow: [
///     "_INBOX.cmx.>"  # round trips of its own
///   ] }
/// }
/// "#
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permissions {
    instance: ServiceInstance,
    /// A made-up one when it is not fixed.
    replica: ReplicaId,
    is_fixed: bool,
    publish: Vec<Line>,
    subscribe: Vec<Line>,
    answers_inboxes: bool,
}

/// One line of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    /// What nats-server reads: a filter and, behind a space, the only queue group that may have it.
    allowed: String,
    reason: &'static str,
}

impl Permissions {
    /// Those of a service that says and hears nothing: it may send itself a message, which is how the bus makes
    /// sure of what it has published and subscribed to.
    pub fn new(instance: ServiceInstance, replica: Option<ReplicaId>) -> Self {
        let (is_fixed, made_up) = (replica.is_some(), || ReplicaId::random(&instance));
        let replica = replica.unwrap_or_else(made_up);
        let inboxes = Inbox::all_of(&instance);
        let mut permissions = Self {
            instance,
            replica,
            is_fixed,
            publish: Vec::new(),
            subscribe: Vec::new(),
            answers_inboxes: false,
        };
        permissions.publish(inboxes.clone(), INBOX);
        permissions.subscribe(inboxes, None, INBOX);
        permissions
    }

    /// Whose they are.
    pub fn instance(&self) -> &ServiceInstance {
        &self.instance
    }

    /// The replica whose subjects are allowed. Where its ID is not fixed, this is a made-up one that stands for
    /// all: subjects that name it are allowed for every ID.
    pub fn replica(&self) -> &ReplicaId {
        &self.replica
    }

    /// Whether the replica's ID is fixed.
    pub fn is_fixed(&self) -> bool {
        self.is_fixed
    }

    /// It publishes here, for this reason.
    pub fn publish(&mut self, subject: impl Into<SubjectFilter>, reason: &'static str) {
        let allowed = self.for_replica(subject.into()).to_string();
        add(&mut self.publish, Line { allowed, reason });
    }

    /// It publishes to subjects like this one, whichever replica is in the place of `replica`.
    pub fn publish_to_any(
        &mut self,
        replica: &ReplicaId,
        subject: impl Into<SubjectFilter>,
        reason: &'static str,
    ) {
        self.publish(subject.into().any(replica.as_str()), reason);
    }

    /// It subscribes to this, in a queue group or alone, for this reason.
    pub fn subscribe(
        &mut self,
        filter: impl Into<SubjectFilter>,
        queue_group: Option<&ServiceInstance>,
        reason: &'static str,
    ) {
        let mut allowed = self.for_replica(filter.into()).to_string();
        if let Some(group) = queue_group {
            allowed = format!("{allowed} {group}");
        }
        add(&mut self.subscribe, Line { allowed, reason });
    }

    /// It publishes events of this type.
    pub fn sends<E: Event>(&mut self) {
        self.publish(E::KIND.filter(Some(&self.instance)), E::NAME);
    }

    /// It publishes events of this type, and waits for those who confirm them.
    pub fn awaits<E: Awaited>(&mut self) {
        self.sends::<E>();
        self.hears_replies(&E::ADDRESS, <E::Receipt as kaa_protocol::avro::Record<'_>>::NAME);
    }

    /// It asks this service, or this replica of one, and waits for the answer. Nothing is added for one replica
    /// of a service in a protocol that has no subject for that.
    pub fn asks<R: Request>(&mut self, target: impl Into<Target>) {
        if let Some(subject) = R::ADDRESS.subject(&target.into()) {
            self.publish(subject, R::NAME);
            self.hears_replies(&R::ADDRESS, <R::Response as kaa_protocol::avro::Record<'_>>::NAME);
        }
    }

    /// It listens to events of this type, from one originator or from all of them.
    pub fn hears<E: Event>(&mut self, originator: Option<&ServiceInstance>, delivery: Delivery) {
        self.hears_events(E::KIND.filter(originator), delivery, E::NAME);
    }

    /// The same for events whose type is data.
    pub fn hears_events(&mut self, events: SubjectFilter, delivery: Delivery, reason: &'static str) {
        let instance = self.instance.clone();
        let group = (delivery == Delivery::OneReplica).then_some(&instance);
        self.subscribe(events, group, reason);
    }

    /// It answers requests that come to it in this way.
    pub fn serves(&mut self, address: &Address, reason: &'static str) {
        let (instance, replica) = (self.instance.clone(), self.replica.clone());
        if let Some(own) = address.subject(&Target::Replica(replica)) {
            self.subscribe(own, None, reason);
        }
        if let Some(shared) = address.subject(&Target::Service(instance.clone())) {
            self.subscribe(shared, Some(&instance), reason);
        }
        self.answers(address);
    }

    /// It answers at the return addresses of a protocol, which belong to one replica or another.
    pub fn answers(&mut self, address: &Address) {
        let asker = ServiceInstance::from_static("asker");
        let replica = ReplicaId::random(&asker);
        let subject = SubjectFilter::from(address.reply_subject(&asker, &replica)).any(replica.as_str());
        // In a protocol without types the service that asked is part of its return address.
        let subject = if *address == Address::Bare { subject.any(asker.as_str()) } else { subject };
        self.publish(subject, "answers");
    }

    /// It answers NATS clients, each at an inbox that nobody knows before: once, and within seconds of the question.
    /// A line for all inboxes would let it speak in the name of others as well.
    pub fn answers_inboxes(&mut self) {
        self.answers_inboxes = true;
    }

    fn hears_replies(&mut self, address: &Address, reason: &'static str) {
        self.subscribe(self.reply_subject(address), None, reason);
    }

    fn reply_subject(&self, address: &Address) -> Subject {
        address.reply_subject(&self.instance, &self.replica)
    }

    fn for_replica(&self, filter: SubjectFilter) -> SubjectFilter {
        if self.is_fixed { filter } else { filter.any(self.replica.as_str()) }
    }

    /// The subjects that may be published to, as nats-server reads them.
    pub fn allowed_to_publish(&self) -> impl Iterator<Item = &str> {
        self.publish.iter().map(|line| &*line.allowed)
    }

    /// The filters that may be subscribed to, as nats-server reads them: behind a space stands the queue group
    /// in which alone they may be.
    pub fn allowed_to_subscribe(&self) -> impl Iterator<Item = &str> {
        self.subscribe.iter().map(|line| &*line.allowed)
    }

    /// The same as JSON, for programs.
    pub fn to_json(&self) -> String {
        let list = |lines: &[Line]| {
            let lines: Vec<_> = lines.iter().map(|line| format!("\"{}\"", Escaped(&line.allowed))).collect();
            lines.join(",")
        };
        let (publish, subscribe) = (list(&self.publish), list(&self.subscribe));
        let responses = if self.answers_inboxes {
            format!(",\"allow_responses\":{{\"max\":1,\"expires\":\"{ANSWERED_WITHIN}\"}}")
        } else {
            String::new()
        };
        format!(
            "{{\"service\":\"{}\",\"permissions\":{{\"publish\":{{\"allow\":[{publish}]}},\
             \"subscribe\":{{\"allow\":[{subscribe}]}}{responses}}}}}",
            Escaped(self.instance.as_str())
        )
    }
}

const INBOX: &str = "round trips of its own";

/// How long the server lets an answer go to the inbox of a question.
const ANSWERED_WITHIN: &str = "5s";

/// Adds a line, unless it is there for another reason.
fn add(lines: &mut Vec<Line>, line: Line) {
    if lines.iter().all(|other| other.allowed != line.allowed) {
        lines.push(line);
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, lines: &[Line]| {
            lines.iter().try_for_each(|Line { allowed, reason }| {
                writeln!(f, "    \"{}\"  # {reason}", Escaped(allowed))
            })
        };
        f.write_str("permissions {\n  publish: { allow: [\n")?;
        list(f, &self.publish)?;
        f.write_str("  ] }\n  subscribe: { allow: [\n")?;
        list(f, &self.subscribe)?;
        f.write_str("  ] }\n")?;
        if self.answers_inboxes {
            writeln!(
                f,
                "  allow_responses: {{ max: 1, expires: \"{ANSWERED_WITHIN}\" }}  # one answer to each question"
            )?;
        }
        f.write_str("}\n")
    }
}

/// Visible ASCII within double quotes: nats-server and JSON agree on that much.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.split_inclusive(['"', '\\']).try_for_each(|part| match part.strip_suffix(['"', '\\']) {
            Some(plain) => write!(f, "{plain}\\{}", part.get(plain.len()..).unwrap_or_default()),
            None => f.write_str(part),
        })
    }
}

#[cfg(test)]
mod tests {
    use kaa_protocol::cdtp::{ConfigRequest, ConfigUpdated};
    use kaa_protocol::cmx2cdp::ConfigRequest as VersionedConfigRequest;
    use kaa_protocol::dstp::DataSamplesEvent;

    use super::*;

    const CMX: ServiceInstance = ServiceInstance::from_static("cmx");
    const CDP: ServiceInstance = ServiceInstance::from_static("cdp");

    fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
        lines.collect()
    }

    #[test]
    fn who_asks_may_publish_the_request_and_hear_the_answer_to_its_replica() {
        let mut permissions = Permissions::new(CMX, Some(ReplicaId::from_static("cmx-0")));
        permissions.asks::<ConfigRequest>(CDP);
        assert_eq!(
            lines(permissions.allowed_to_publish()),
            ["_INBOX.cmx.>", "kaa.v1.service.cdp.cdtp.request"]
        );
        assert_eq!(
            lines(permissions.allowed_to_subscribe()),
            ["_INBOX.cmx.>", "kaa.v1.replica.cmx-0.cdtp.response"]
        );
    }

    #[test]
    fn a_replica_without_a_fixed_id_may_have_any() {
        let mut permissions = Permissions::new(CMX, None);
        permissions.asks::<ConfigRequest>(CDP);
        permissions.asks::<VersionedConfigRequest>(CDP);
        assert_eq!(
            lines(permissions.allowed_to_subscribe()),
            ["_INBOX.cmx.>", "kaa.v1.replica.*.cdtp.response", "kaa.v1.service.cmx.*"]
        );
    }

    #[test]
    fn work_is_shared_in_the_queue_group_alone_and_answered_to_replicas() {
        let mut permissions = Permissions::new(CDP, None);
        permissions.serves(&ConfigRequest::ADDRESS, "ConfigRequest");
        permissions.serves(&VersionedConfigRequest::ADDRESS, "VersionedConfigRequest");
        permissions.hears::<ConfigUpdated>(None, Delivery::OneReplica);
        permissions.hears::<ConfigUpdated>(Some(&CMX), Delivery::EveryReplica);
        assert_eq!(
            lines(permissions.allowed_to_subscribe()),
            [
                "_INBOX.cdp.>",
                "kaa.v1.replica.*.cdtp.request",
                "kaa.v1.service.cdp.cdtp.request cdp",
                "kaa.v1.service.cdp cdp",
                "kaa.v1.events.*.endpoint.config.updated cdp",
                "kaa.v1.events.cmx.endpoint.config.updated",
            ]
        );
        assert_eq!(
            lines(permissions.allowed_to_publish()),
            ["_INBOX.cdp.>", "kaa.v1.replica.*.cdtp.response", "kaa.v1.service.*.*"]
        );
    }

    #[test]
    fn who_waits_for_receipts_may_hear_them_and_nothing_is_said_twice() {
        let mut permissions = Permissions::new(ServiceInstance::from_static("dcx"), None);
        permissions.awaits::<DataSamplesEvent>();
        permissions.sends::<DataSamplesEvent>();
        assert_eq!(
            lines(permissions.allowed_to_publish()),
            ["_INBOX.dcx.>", "kaa.v1.events.dcx.endpoint.data-collection.data-samples-received"]
        );
        assert_eq!(
            lines(permissions.allowed_to_subscribe()),
            ["_INBOX.dcx.>", "kaa.v1.replica.*.dstp.DataSamplesProcessed"]
        );
    }

    #[test]
    fn json_has_the_same_lines() {
        let permissions = Permissions::new(ServiceInstance::from_static("a\"b\\"), None);
        assert_eq!(
            permissions.to_json(),
            r#"{"service":"a\"b\\","permissions":{"publish":{"allow":["_INBOX.a\"b\\.>"]},"subscribe":{"allow":["_INBOX.a\"b\\.>"]}}}"#
        );
    }
}
