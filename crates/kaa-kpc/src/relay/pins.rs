//! Sessions that a replica of an extension has asked for (3/ISM session affinity).

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use kaa_bus::RawSubject;
use kaa_protocol::dialect::Dialect;
use kaa_protocol::esp::{self, ExtensionData};
use kaa_protocol::name::{EndpointId, ServiceInstance};
use kaa_protocol::subject::{BareSubject, Subject, Target, TargetedSubject};

/// Who speaks with an extension.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Party {
    Endpoint(EndpointId),
    /// A client that speaks for itself, known by its connection.
    Connection(u64),
}

/// What a message of an extension says about those that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// Requests are to go to this subject.
    Here(Subject),
    /// Requests may go to any replica.
    Anywhere,
    /// What became of a push is to be told to this subject, which says nothing about requests (4/ECS2EXT).
    Confirm(Subject),
    /// Nothing that could be followed: an address that is not of an extension's replica.
    Hostile,
}

impl Wish {
    /// Judges the `replyTo` of a message of an extension.
    pub(super) fn judge(dialect: Dialect, reply_to: Option<&RawSubject>, data: &ExtensionData<'_>) -> Self {
        let Some(reply_to) = reply_to else { return Self::Anywhere };
        let Ok(subject) = Subject::try_from(reply_to.clone()) else { return Self::Hostile };
        let wish = match dialect {
            Dialect::Esp => match subject.as_str().parse() {
                Ok(TargetedSubject { target: Target::Replica(_), protocol, message })
                    if protocol == esp::PROTOCOL && message == esp::CLIENT_DATA =>
                {
                    Self::Here
                }
                _ => return Self::Hostile,
            },
            Dialect::Ecs2Ext => match subject.as_str().parse() {
                Ok(BareSubject { instance, replica: Some(_) })
                    if data.extension_instance_name.is_some_and(|name| instance == *name) =>
                {
                    Self::Confirm
                }
                _ => return Self::Hostile,
            },
        };
        // The bytes it came in may keep a whole read buffer alive.
        Bytes::copy_from_slice(reply_to).try_into().map_or(Self::Hostile, wish)
    }

    /// The address, when it may be used.
    pub(super) fn address(&self) -> Option<&Subject> {
        match self {
            Self::Here(subject) | Self::Confirm(subject) => Some(subject),
            Self::Anywhere | Self::Hostile => None,
        }
    }
}

/// Where the requests of pinned sessions go.
#[derive(Debug)]
pub(super) struct Pins {
    /// The most there may be.
    limit: usize,
    last: u64,
    /// The few of each party.
    pins: HashMap<Party, Vec<Pin>>,
    by_age: BTreeMap<u64, Party>,
}

#[derive(Debug)]
struct Pin {
    age: u64,
    extension: ServiceInstance,
    subject: Subject,
}

impl Pins {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, last: 0, pins: HashMap::new(), by_age: BTreeMap::new() }
    }

    pub(super) fn get(&self, party: &Party, extension: &ServiceInstance) -> Option<&Subject> {
        if self.pins.is_empty() {
            return None;
        }
        let pin = self.pins.get(party)?.iter().find(|pin| pin.extension == *extension)?;
        Some(&pin.subject)
    }

    /// Pins a session. When there are too many, the oldest pin is forgotten.
    pub(super) fn set(&mut self, party: Party, extension: &ServiceInstance, subject: Subject) {
        let known = self
            .pins
            .get_mut(&party)
            .and_then(|pins| pins.iter_mut().find(|pin| pin.extension == *extension));
        if let Some(pin) = known {
            pin.subject = subject;
            return;
        }
        self.last += 1;
        self.by_age.insert(self.last, party.clone());
        let pin = Pin { age: self.last, extension: extension.clone(), subject };
        self.pins.entry(party).or_default().push(pin);
        if self.by_age.len() > self.limit
            && let Some((oldest, party)) = self.by_age.pop_first()
        {
            self.take(&party, |pin| pin.age == oldest);
        }
    }

    pub(super) fn remove(&mut self, party: &Party, extension: &ServiceInstance) {
        if !self.pins.is_empty() {
            self.take(party, |pin| pin.extension == *extension);
        }
    }

    /// Forgets a pin unless it leads elsewhere by now.
    pub(super) fn remove_if(&mut self, party: &Party, extension: &ServiceInstance, subject: &Subject) {
        self.take(party, |pin| pin.extension == *extension && pin.subject == *subject);
    }

    /// Forgets all pins of one who is gone.
    pub(super) fn remove_all(&mut self, party: &Party) {
        for pin in self.pins.remove(party).unwrap_or_default() {
            self.by_age.remove(&pin.age);
        }
    }

    fn take(&mut self, party: &Party, is_it: impl Fn(&Pin) -> bool) {
        let Some(pins) = self.pins.get_mut(party) else { return };
        if let Some(place) = pins.iter().position(is_it) {
            let pin = pins.swap_remove(place);
            self.by_age.remove(&pin.age);
        }
        if pins.is_empty() {
            self.pins.remove(party);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(replica: &str) -> Subject {
        format!("kaa.v1.replica.{replica}.esp.ClientData").parse().unwrap()
    }

    fn extension(name: &str) -> ServiceInstance {
        name.parse().unwrap()
    }

    fn party(endpoint: &str) -> Party {
        Party::Endpoint(endpoint.parse().unwrap())
    }

    #[test]
    fn only_the_subject_of_an_extensions_replica_pins() {
        let data = ExtensionData { extension_instance_name: Some("dcx"), ..ExtensionData::default() };
        let judge =
            |dialect, text: &str| Wish::judge(dialect, Some(&RawSubject::from(text.to_owned())), &data);
        assert_eq!(Wish::judge(Dialect::Esp, None, &data), Wish::Anywhere);
        let pin = subject("ext-0");
        assert_eq!(judge(Dialect::Esp, pin.as_str()), Wish::Here(pin));
        let own: Subject = "kaa.v1.service.dcx.dcx-0".parse().unwrap();
        assert_eq!(judge(Dialect::Ecs2Ext, own.as_str()), Wish::Confirm(own));
        for text in [
            "",
            ">",
            "$SYS.REQ.SERVER.PING",
            "_INBOX.a.1",
            "kaa.v1.service.ext.esp.ClientData",
            "kaa.v1.replica.kpc-0.esp.ExtensionData",
            "kaa.v1.replica.ext-0.cdtp.ClientData",
            "kaa.v1.replica.ext-0.esp.ClientData.more",
            "kaa.v1.replica.*.esp.ClientData",
            "kaa.v1.replica.a.esp.ClientData\r\nPUB x 0",
        ] {
            for dialect in [Dialect::Esp, Dialect::Ecs2Ext] {
                assert_eq!(judge(dialect, text), Wish::Hostile, "{text:?}");
            }
        }
        for text in ["kaa.v1.service.dcx", "kaa.v1.service.cmx.cmx-0", "kaa.v1.service.dcx.a.b"] {
            assert_eq!(judge(Dialect::Ecs2Ext, text), Wish::Hostile, "{text:?}");
        }
    }

    #[test]
    fn who_is_gone_takes_all_pins_along_and_no_others() {
        let mut pins = Pins::new(10);
        for (endpoint, name) in [("a", "!"), ("a", "x"), ("a", "~"), ("b", "x")] {
            pins.set(party(endpoint), &extension(name), subject("r"));
        }
        pins.remove_all(&party("a"));
        pins.remove_all(&party("nobody"));
        assert_eq!((pins.pins.len(), pins.by_age.len()), (1, 1));
        assert_eq!(pins.get(&party("b"), &extension("x")), Some(&subject("r")));
    }

    #[test]
    fn the_oldest_pin_makes_room() {
        let mut pins = Pins::new(2);
        for endpoint in ["a", "b", "a", "c"] {
            pins.set(party(endpoint), &extension("x"), subject(endpoint));
        }
        assert_eq!(pins.get(&party("a"), &extension("x")), None);
        assert_eq!(pins.get(&party("c"), &extension("x")), Some(&subject("c")));
        assert_eq!((pins.pins.len(), pins.by_age.len()), (2, 2));
    }

    #[test]
    fn a_pin_that_leads_elsewhere_by_now_is_kept() {
        let mut pins = Pins::new(2);
        pins.set(party("a"), &extension("x"), subject("new"));
        pins.remove_if(&party("a"), &extension("x"), &subject("old"));
        assert!(pins.get(&party("a"), &extension("x")).is_some());
        pins.remove_if(&party("a"), &extension("x"), &subject("new"));
        assert_eq!(pins.get(&party("a"), &extension("x")), None);
    }
}
