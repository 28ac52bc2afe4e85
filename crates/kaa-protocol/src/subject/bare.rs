//! The subjects of the protocols that came before 3/ISM named protocols and message types.

use std::fmt;
use std::str::FromStr;

use super::{PREFIX, Subject, SubjectError, SubjectFilter};
use crate::name::{ReplicaId, ServiceInstance};

/// `kaa.v1.service.<instance>` or, for one replica, `kaa.v1.service.<instance>.<replica>`
/// (4/ECS2EXT, 5/CMX2CDP).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BareSubject {
    /// The service instance the message is for.
    pub instance: ServiceInstance,
    /// The one replica it is for; `None` for any of them.
    pub replica: Option<ReplicaId>,
}

impl BareSubject {
    /// The subject of a service instance: its replicas share it as a queue group.
    pub fn service(instance: ServiceInstance) -> Self {
        Self { instance, replica: None }
    }

    /// The subject of one replica.
    pub fn replica(instance: ServiceInstance, replica: ReplicaId) -> Self {
        Self { instance, replica: Some(replica) }
    }
}

impl fmt::Display for BareSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}service.{}", self.instance)?;
        self.replica.iter().try_for_each(|replica| write!(f, ".{replica}"))
    }
}

impl From<&BareSubject> for Subject {
    fn from(subject: &BareSubject) -> Self {
        Subject::from_tokens(subject.to_string())
    }
}

impl From<&BareSubject> for SubjectFilter {
    fn from(subject: &BareSubject) -> Self {
        SubjectFilter::from_tokens(subject.to_string())
    }
}

impl FromStr for BareSubject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let parse = || {
            let mut tokens = text.strip_prefix(PREFIX)?.strip_prefix("service.")?.split('.');
            let instance = tokens.next()?.parse().ok()?;
            let replica = tokens.next().map(str::parse).transpose().ok()?;
            tokens.next().is_none().then_some(Self { instance, replica })
        };
        parse().ok_or_else(|| {
            let expected = "kaa.v1.service.<instance> or kaa.v1.service.<instance>.<replica>";
            SubjectError::new("a bare subject", expected, text.as_bytes())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_subject_names_a_service_and_perhaps_its_replica() {
        for text in ["kaa.v1.service.cdp", "kaa.v1.service.cmx.cmx-0"] {
            let subject: BareSubject = text.parse().unwrap();
            assert_eq!(Subject::from(&subject), text);
        }
        for text in [
            "kaa.v1.service.",
            "kaa.v1.service.a.b.c",
            "kaa.v1.replica.a",
            "kaa.v1.service.a.*",
            "kaa.v1.service.>",
            "",
        ] {
            assert!(text.parse::<BareSubject>().is_err(), "{text:?}");
        }
    }
}
