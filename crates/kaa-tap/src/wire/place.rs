//! What a subject says.

use kaa_protocol::subject::{BareSubject, EventSubject, Target, TargetedSubject};

use super::spec::{SPECS, Spec, Where};

/// A subject, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// To a service or to one replica, with the protocol and the message type.
    Targeted(TargetedSubject),
    /// To a service, in a protocol before 3/ISM.
    Bare(BareSubject),
    /// To everybody.
    Event(EventSubject),
    /// To whoever waits for one answer.
    Inbox,
    /// Nothing of Kaa.
    Other,
}

impl Place {
    /// Takes a subject apart.
    pub fn of(subject: &str) -> Self {
        if let Ok(targeted) = subject.parse() {
            Self::Targeted(targeted)
        } else if let Ok(event) = subject.parse() {
            Self::Event(event)
        } else if let Ok(bare) = subject.parse() {
            Self::Bare(bare)
        } else if subject.starts_with("_INBOX.") {
            Self::Inbox
        } else {
            Self::Other
        }
    }

    /// The service the message is for, or, of an event, from; a subject of one replica does not name it.
    pub fn service(&self) -> Option<&str> {
        match self {
            Self::Targeted(TargetedSubject { target: Target::Service(service), .. }) => {
                Some(service.as_str())
            }
            Self::Bare(bare) => Some(bare.instance.as_str()),
            Self::Event(event) => Some(event.originator.as_str()),
            Self::Targeted(_) | Self::Inbox | Self::Other => None,
        }
    }

    /// The replica the message is for.
    pub fn replica(&self) -> Option<&str> {
        match self {
            Self::Targeted(TargetedSubject { target: Target::Replica(replica), .. }) => {
                Some(replica.as_str())
            }
            Self::Bare(BareSubject { replica: Some(replica), .. }) => Some(replica.as_str()),
            _ => None,
        }
    }

    /// The records that may be there.
    pub fn specs(&self) -> Vec<&'static Spec> {
        let known: Vec<_> = SPECS.iter().filter(|spec| self.may_be(&spec.place)).collect();
        match self {
            // A message type that no address names, such as a receipt whose protocol leaves the subject open.
            Self::Targeted(TargetedSubject { protocol, message, .. }) if known.is_empty() => {
                let is_it = |spec: &&Spec| {
                    let label = spec.protocol().to_ascii_lowercase();
                    label.ends_with(&format!("/{protocol}")) && spec.name() == message.as_str()
                };
                SPECS.iter().filter(is_it).collect()
            }
            _ => known,
        }
    }

    fn may_be(&self, place: &Where) -> bool {
        match (self, place) {
            (Self::Targeted(subject), Where::Targeted { protocol, message }) => {
                subject.protocol == *protocol && subject.message == *message
            }
            (Self::Event(subject), Where::Event(kind)) => {
                let detailed = usize::from(kind.is_detailed);
                (&subject.entity, &subject.group, &subject.event) == (&kind.entity, &kind.group, &kind.event)
                    && subject.more.len() == detailed
            }
            (Self::Bare(_), Where::Bare) => true,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(subject: &str) -> Vec<&'static str> {
        Place::of(subject).specs().iter().map(|spec| spec.name()).collect()
    }

    #[test]
    fn a_subject_tells_which_records_may_be_there() {
        assert_eq!(names("kaa.v1.service.dcx.esp.ClientData"), ["ClientData"]);
        assert_eq!(names("kaa.v1.replica.kpc-0.esp.ExtensionData"), ["ExtensionData"]);
        assert_eq!(names("kaa.v1.service.cdp.cdtp.request"), ["ConfigRequest"]);
        assert_eq!(names("kaa.v1.replica.r.tstp.TimeSeriesProcessed"), ["TimeSeriesProcessed"]);
        assert_eq!(names("kaa.v1.events.cdp.endpoint.config.updated"), ["ConfigUpdated", "Updated"]);
        let points = "kaa.v1.events.epts.endpoint.data-collection.data-points-received";
        assert_eq!(names(&format!("{points}.auto~t")), ["TimeSeriesEvent"]);
        assert!(names(points).is_empty());
        assert_eq!(names("kaa.v1.service.ecs").len(), 4, "{:?}", names("kaa.v1.service.ecs"));
        assert!(names("_INBOX.abc.1").is_empty());
        assert!(names("nothing.of.kaa").is_empty());
    }

    #[test]
    fn a_subject_names_the_service_or_the_replica() {
        let service = |subject| Place::of(subject).service().map(str::to_owned);
        assert_eq!(service("kaa.v1.service.dcx.esp.ClientData").as_deref(), Some("dcx"));
        assert_eq!(service("kaa.v1.events.cdp.endpoint.config.updated").as_deref(), Some("cdp"));
        assert_eq!(service("kaa.v1.replica.kpc-0.esp.ExtensionData"), None);
        assert_eq!(Place::of("kaa.v1.replica.kpc-0.esp.ExtensionData").replica(), Some("kpc-0"));
    }
}
