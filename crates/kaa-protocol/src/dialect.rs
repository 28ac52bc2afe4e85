//! The two protocols between a communication service and an extension.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::esp;
use crate::name::{ReplicaId, ServiceInstance};
use crate::subject::{BareSubject, HostileReplyTo, ReplyTo, Subject, Target};

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
    pub fn requests(self, extension: &ServiceInstance, replica: Option<&ReplicaId>) -> Subject {
        match self {
            Self::Esp => Subject::from(&esp::client_data_subject(target(extension, replica))),
            Self::Ecs2Ext => bare(extension, replica),
        }
    }

    /// Where answers and pushes come in: to the communication service as a whole, or to one replica of it.
    pub fn answers(self, communication: &ServiceInstance, replica: Option<&ReplicaId>) -> Subject {
        match self {
            Self::Esp => Subject::from(&esp::extension_data_subject(target(communication, replica))),
            Self::Ecs2Ext => bare(communication, replica),
        }
    }

    /// Judges the return address of a request.
    ///
    /// # Errors
    ///
    /// [`HostileReplyTo`] for everything that is no address of this dialect, nor an inbox.
    pub fn judge(self, reply_to: &Bytes) -> Result<ReplyTo, HostileReplyTo> {
        match self {
            Self::Esp => ReplyTo::judge(reply_to, &esp::PROTOCOL, &esp::EXTENSION_DATA),
            Self::Ecs2Ext => ReplyTo::judge_bare(reply_to),
        }
    }
}

fn target(instance: &ServiceInstance, replica: Option<&ReplicaId>) -> Target {
    replica.map_or_else(|| Target::Service(instance.clone()), |replica| Target::Replica(replica.clone()))
}

fn bare(instance: &ServiceInstance, replica: Option<&ReplicaId>) -> Subject {
    Subject::from(&BareSubject { instance: instance.clone(), replica: replica.cloned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dialect_has_its_subjects_both_ways() {
        let (dcx, kpc) = (ServiceInstance::from_static("dcx"), ServiceInstance::from_static("kpc"));
        let replica = ReplicaId::from_static("r-0");
        for (dialect, expected) in [
            (
                Dialect::Esp,
                [
                    "kaa.v1.service.dcx.esp.ClientData",
                    "kaa.v1.replica.r-0.esp.ClientData",
                    "kaa.v1.service.kpc.esp.ExtensionData",
                    "kaa.v1.replica.r-0.esp.ExtensionData",
                ],
            ),
            (
                Dialect::Ecs2Ext,
                [
                    "kaa.v1.service.dcx",
                    "kaa.v1.service.dcx.r-0",
                    "kaa.v1.service.kpc",
                    "kaa.v1.service.kpc.r-0",
                ],
            ),
        ] {
            let subjects = [
                dialect.requests(&dcx, None),
                dialect.requests(&dcx, Some(&replica)),
                dialect.answers(&kpc, None),
                dialect.answers(&kpc, Some(&replica)),
            ];
            assert_eq!(subjects.each_ref().map(Subject::as_str), expected);
            assert!(dialect.judge(&subjects[3].clone().into_bytes()).is_ok());
        }
    }
}
