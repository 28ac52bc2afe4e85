//! Targeted messaging: to a service instance or to one replica of it.

use std::fmt;
use std::str::FromStr;

use super::{PREFIX, Subject, SubjectError, SubjectFilter};
use crate::name::{ReplicaId, ServiceInstance, Token};

/// Who a targeted message is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// Any replica of the service instance: they share the subject as a queue group.
    Service(ServiceInstance),
    /// One replica, inside a session with affinity.
    Replica(ReplicaId),
}

impl From<ServiceInstance> for Target {
    fn from(instance: ServiceInstance) -> Self {
        Self::Service(instance)
    }
}

impl From<ReplicaId> for Target {
    fn from(replica: ReplicaId) -> Self {
        Self::Replica(replica)
    }
}

/// A copy, which costs a reference count at most.
impl From<&Self> for Target {
    fn from(target: &Self) -> Self {
        target.clone()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(instance) => write!(f, "service.{instance}"),
            Self::Replica(replica) => write!(f, "replica.{replica}"),
        }
    }
}

/// `kaa.v1.service.<instance>.<protocol>.<MessageType>` or the same with `replica.<replica>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TargetedSubject {
    /// Who the message is for.
    pub target: Target,
    /// The protocol it belongs to, such as `esp`.
    pub protocol: Token,
    /// Its message type, such as `ClientData`.
    pub message: Token,
}

impl fmt::Display for TargetedSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}.{}.{}", self.target, self.protocol, self.message)
    }
}

impl From<&TargetedSubject> for Subject {
    fn from(subject: &TargetedSubject) -> Self {
        Subject::from_tokens(subject.to_string())
    }
}

impl From<&TargetedSubject> for SubjectFilter {
    fn from(subject: &TargetedSubject) -> Self {
        SubjectFilter::from_tokens(subject.to_string())
    }
}

impl FromStr for TargetedSubject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let parse = || {
            let mut tokens = text.strip_prefix(PREFIX)?.split('.');
            let (kind, name) = (tokens.next()?, tokens.next()?);
            let target = match kind {
                "service" => Target::Service(name.parse().ok()?),
                "replica" => Target::Replica(name.parse().ok()?),
                _ => return None,
            };
            let (protocol, message) = (tokens.next()?.parse().ok()?, tokens.next()?.parse().ok()?);
            tokens.next().is_none().then_some(Self { target, protocol, message })
        };
        parse().ok_or_else(|| {
            let expected = "kaa.v1.service.<instance>.<protocol>.<MessageType> or kaa.v1.replica.<replica>.…";
            SubjectError::new("a targeted subject", expected, text.as_bytes())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_targets_print_and_parse() {
        for text in ["kaa.v1.service.dcx.esp.ClientData", "kaa.v1.replica.dcx-0.esp.ClientData"] {
            let subject: TargetedSubject = text.parse().unwrap();
            assert_eq!(Subject::from(&subject), text);
        }
    }

    #[test]
    fn anything_else_is_not_a_targeted_subject() {
        for text in [
            "",
            "kaa.v1.service.dcx.esp",
            "kaa.v1.service.dcx.esp.ClientData.more",
            "kaa.v2.service.dcx.esp.ClientData",
            "kaa.v1.events.dcx.esp.ClientData",
            "kaa.v1.service..esp.ClientData",
            "kaa.v1.service.*.esp.ClientData",
            "kaa.v1.service.dcx.esp.>",
            "KAA.v1.service.dcx.esp.ClientData",
        ] {
            assert!(text.parse::<TargetedSubject>().is_err(), "{text:?}");
        }
    }
}
