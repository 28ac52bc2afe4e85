//! The two protocols between a communication service and an extension.

use bytes::Bytes;
use kaa_protocol::esp;
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{BareSubject, HostileReplyTo, ReplyTo, Subject, Target};
use serde::{Deserialize, Serialize};

/// A protocol in which devices ask and are answered. The same resources serve both: what differs is
/// the envelope.
///
/// | | [`Esp`](Self::Esp) | [`Ecs2Ext`](Self::Ecs2Ext) |
/// |---|---|---|
/// | requests come to | `kaa.v1.service.<extension>.esp.ClientData` | `kaa.v1.service.<extension>` |
/// | how it went | status code and reason phrase | `ok`, or the code and the reason as text |
/// | a request wants an answer | when it has a request ID | always |
/// | the format of a payload | is not told | `contentType` |
/// | a push is confirmed | never | by a status message |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// 4/ESP, of today.
    #[default]
    Esp,
    /// 4/ECS2EXT, of the first platform.
    Ecs2Ext,
}

impl Dialect {
    /// Where requests come in: to the extension as a whole, or to one replica of it.
    pub(crate) fn requests(self, instance: &ServiceInstance, replica: Option<&ReplicaId>) -> Subject {
        match self {
            Self::Esp => {
                let target = replica.map_or_else(
                    || Target::Service(instance.clone()),
                    |replica| Target::Replica(replica.clone()),
                );
                Subject::from(&esp::client_data_subject(target))
            }
            Self::Ecs2Ext => {
                Subject::from(&BareSubject { instance: instance.clone(), replica: replica.cloned() })
            }
        }
    }

    /// Judges the return address of a request.
    pub(crate) fn judge(self, reply_to: &Bytes) -> Result<ReplyTo, HostileReplyTo> {
        match self {
            Self::Esp => ReplyTo::judge(reply_to, &esp::PROTOCOL, &esp::EXTENSION_DATA),
            Self::Ecs2Ext => ReplyTo::judge_bare(reply_to),
        }
    }

    /// Where answers go that have no return address: to the communication service as a whole.
    pub(crate) fn answers(self, communication_service: &ServiceInstance) -> Subject {
        match self {
            Self::Esp => {
                let target = Target::Service(communication_service.clone());
                Subject::from(&esp::extension_data_subject(target))
            }
            Self::Ecs2Ext => Subject::from(&BareSubject::service(communication_service.clone())),
        }
    }
}
