//! One function of an extension, and where its messages come from.

use std::fmt;

use kaa_bus::Delivery;
use kaa_protocol::avro::Record;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::ecs2ext::{self, EcsToExtensionInboundMessage, EcsToExtensionOutboundMessage};
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};
use kaa_protocol::ism::Address;
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{SubjectFilter, Target};
use serde::Serialize;

use super::content::{Content, Shape, Shapes};
use super::schemas::Schemas;
use crate::listener::ListenerDef;
use crate::resource::{Location, ResourceDef};
use crate::service::ServiceDef;

/// What a function of an extension is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It answers devices.
    Resource,
    /// It hears what other services announce.
    Listener,
    /// It answers other services.
    Service,
}

impl Kind {
    /// `resource`, `listener` or `service`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Listener => "listener",
            Self::Service => "service",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One function of an extension.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Function {
    /// What it is there for.
    pub kind: Kind,
    /// Its name.
    pub name: &'static str,
    /// Its documentation comment.
    pub doc: &'static str,
    /// Where its attribute is: `src/lib.rs:7`.
    #[serde(serialize_with = "as_text")]
    pub location: Location,
    /// The path of a resource, as it was written.
    pub path: Option<&'static str>,
    /// The same with its optional parts resolved.
    pub patterns: &'static [&'static str],
    /// The record of a listener or a service, such as `ConfigUpdated`.
    pub record: Option<&'static str>,
    /// The payload of a request; `None` when it is not looked at, or not known.
    pub takes: Option<Content>,
    /// The payload of an answer that is a success; `None` when there is none, or it is not known.
    pub answers: Option<Content>,
    /// How a message can end. Empty for a listener that nobody hears from.
    pub statuses: Vec<Status>,
    /// Where its messages come from; what is shared by the replicas first.
    pub channels: Vec<Channel>,
}

impl Function {
    /// What it handles: the path of a resource, the record of the others. Bounded, unlike what devices send.
    pub fn handles(&self) -> &'static str {
        self.path.or(self.record).unwrap_or_default()
    }
}

/// A status that a message can end with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Status {
    /// A code, or a class such as `4XX`.
    pub code: &'static str,
    /// When that is.
    pub when: &'static str,
}

/// Where messages of a function come from.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Channel {
    /// The subject, with `*` where any token may stand: an originator, or a replica whose ID is not fixed.
    pub subject: String,
    /// The queue group in which the replicas share it; `None` when each has it for itself.
    pub queue_group: Option<ServiceInstance>,
    /// The dialect of a resource's requests.
    pub dialect: Option<Dialect>,
    /// The Avro record that comes.
    pub envelope: Envelope,
    /// What goes back, and where; `None` when nobody is answered.
    pub answer: Option<Answer>,
}

/// The answers to what comes in on a channel.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// Where they go when the message has no return address of its own.
    pub subject: String,
    /// The Avro record that goes.
    pub envelope: Envelope,
}

/// An Avro record that carries a message.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Envelope {
    /// The name of the record.
    pub name: &'static str,
    #[serde(skip)]
    pub(crate) schema: Schema,
}

/// The Avro schema of a record, made when somebody wants to see it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Schema {
    Of(fn() -> String),
    Esp(fn(Revision) -> String, Revision),
}

impl Envelope {
    pub(crate) fn new(name: &'static str, schema: fn() -> String) -> Self {
        Self { name, schema: Schema::Of(schema) }
    }

    /// Its Avro schema, as JSON text.
    pub fn schema(&self) -> String {
        match self.schema {
            Schema::Of(schema) => schema(),
            Schema::Esp(schema, revision) => schema(revision),
        }
    }
}

fn as_text<S: serde::Serializer>(location: &Location, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(location)
}

const fn status(code: &'static str, when: &'static str) -> Status {
    Status { code, when }
}

/// Who an extension is, as far as its subjects say so.
pub(crate) struct Names<'a> {
    pub(crate) instance: &'a ServiceInstance,
    /// A made-up one when it is not fixed.
    pub(crate) replica: &'a ReplicaId,
    pub(crate) is_fixed: bool,
    pub(crate) communication: &'a ServiceInstance,
    pub(crate) dialects: &'a [Dialect],
    pub(crate) revision: Revision,
}

impl Names<'_> {
    fn subject(&self, subject: impl Into<SubjectFilter>) -> String {
        let subject = subject.into();
        if self.is_fixed { subject } else { subject.any(self.replica.as_str()) }.as_str().to_owned()
    }

    pub(crate) fn resource<S>(&self, resource: &ResourceDef<S>, schemas: &mut Schemas) -> Function {
        let ResourceDef { path, patterns, name, doc, location, shapes, .. } = resource;
        let Shapes { arguments, answer } = shapes(schemas);
        let mut statuses = vec![if answer.chooses_status {
            status("2XX", "it succeeded")
        } else {
            status("200", "it succeeded")
        }];
        statuses.push(status("400", "the request or an argument cannot be read"));
        if answer.can_fail {
            statuses.push(status("4XX", "the function says so"));
        }
        statuses.extend([
            status("500", "the function failed; the log says why"),
            status("503", "there is too much to do"),
            status("504", "it was not done in time"),
        ]);
        Function {
            kind: Kind::Resource,
            name,
            doc,
            location: *location,
            path: Some(path),
            patterns,
            record: None,
            takes: arguments.into_iter().find_map(|Shape { content, .. }| content),
            answers: answer.content,
            statuses,
            channels: [None, Some(self.replica)]
                .into_iter()
                .flat_map(|replica| self.dialects.iter().map(move |dialect| self.devices(*dialect, replica)))
                .collect(),
        }
    }

    /// Where devices ask in a dialect.
    fn devices(&self, dialect: Dialect, replica: Option<&ReplicaId>) -> Channel {
        let (asked, answered) = match dialect {
            Dialect::Esp => (
                Envelope { name: ClientData::NAME, schema: Schema::Esp(ClientData::schema, self.revision) },
                Envelope {
                    name: ExtensionData::NAME,
                    schema: Schema::Esp(ExtensionData::schema, self.revision),
                },
            ),
            Dialect::Ecs2Ext => (
                Envelope::new(EcsToExtensionInboundMessage::NAME, || {
                    EcsToExtensionInboundMessage::schema(ecs2ext::Revision::Seed)
                }),
                Envelope::new(EcsToExtensionOutboundMessage::NAME, || {
                    EcsToExtensionOutboundMessage::schema(ecs2ext::Revision::Seed)
                }),
            ),
        };
        let answers = dialect.answers(self.communication, None);
        Channel {
            subject: self.subject(dialect.requests(self.instance, replica)),
            queue_group: replica.is_none().then(|| self.instance.clone()),
            dialect: Some(dialect),
            envelope: asked,
            answer: Some(Answer { subject: answers.as_str().to_owned(), envelope: answered }),
        }
    }

    pub(crate) fn listener<S>(
        &self,
        listener: &ListenerDef<S>,
        originator: Option<&ServiceInstance>,
    ) -> Function {
        let ListenerDef { event, delivery, name, doc, location, .. } = listener;
        let channel = Channel {
            subject: event.kind.filter(originator).as_str().to_owned(),
            queue_group: (*delivery == Delivery::OneReplica).then(|| self.instance.clone()),
            dialect: None,
            envelope: Envelope::new(event.name, event.schema),
            answer: None,
        };
        Function {
            kind: Kind::Listener,
            name,
            doc,
            location: *location,
            path: None,
            patterns: &[],
            record: Some(event.name),
            takes: None,
            answers: None,
            statuses: if listener.receipts().is_some() {
                vec![
                    status("200", "it was heard; told to a sender that waits for it"),
                    status("4XX", "the function says so"),
                    status("5XX", "the function failed, or there is too much to do"),
                ]
            } else {
                Vec::new()
            },
            channels: vec![channel],
        }
    }

    pub(crate) fn service<S>(&self, service: &ServiceDef<S>) -> Function {
        let ServiceDef { request, name, doc, location, .. } = service;
        let channel = |target: Target, queue_group| {
            Some(Channel {
                subject: self.subject(request.address.subject(&target)?),
                queue_group,
                dialect: None,
                envelope: Envelope::new(request.name, request.schema),
                answer: Some(Answer {
                    subject: answers_of(&request.address),
                    envelope: request.response.clone(),
                }),
            })
        };
        let shared = channel(Target::Service(self.instance.clone()), Some(self.instance.clone()));
        let own = channel(Target::Replica(self.replica.clone()), None);
        Function {
            kind: Kind::Service,
            name,
            doc,
            location: *location,
            path: None,
            patterns: &[],
            record: Some(request.name),
            takes: None,
            answers: None,
            statuses: vec![
                status("200", "it succeeded"),
                status("4XX", "the request cannot be read, or the function says so"),
                status("500", "the function failed; the log says why"),
                status("503", "there is too much to do"),
                status("504", "it was not done in time"),
            ],
            channels: shared.into_iter().chain(own).collect(),
        }
    }
}

/// Where the answers of a protocol go, whoever asks.
fn answers_of(address: &Address) -> String {
    let asker = ServiceInstance::from_static("asker");
    let replica = ReplicaId::random(&asker);
    let subject = SubjectFilter::from(address.reply_subject(&asker, &replica)).any(replica.as_str());
    subject.any(asker.as_str()).as_str().to_owned()
}
