//! Sessions that a replica of an extension has asked for (3/ISM session affinity).

use std::collections::BTreeMap;

use bytes::Bytes;
use kaa_protocol::esp;
use kaa_protocol::name::{EndpointId, ServiceInstance};
use kaa_protocol::subject::{Subject, Target, TargetedSubject};

/// Who speaks with an extension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Party {
    Endpoint(EndpointId),
    /// A client that speaks for itself, known by its connection.
    Connection(u64),
}

/// What a message of an extension says about the requests that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// They are to go to this subject.
    Here(Subject),
    /// They may go to any replica.
    Anywhere,
    /// Nothing that could be followed: an address that is not of an extension's replica.
    Hostile,
}

impl Wish {
    /// Judges the `replyTo` of an `ExtensionData`.
    pub(super) fn judge(reply_to: Option<&Bytes>) -> Self {
        let Some(reply_to) = reply_to else { return Self::Anywhere };
        let Ok(subject) = Subject::try_from(reply_to.clone()) else { return Self::Hostile };
        match subject.as_str().parse() {
            Ok(TargetedSubject { target: Target::Replica(_), protocol, message })
                if protocol == esp::PROTOCOL && message == esp::CLIENT_DATA =>
            {
                // The bytes it came in may keep a whole read buffer alive.
                Bytes::copy_from_slice(reply_to).try_into().map_or(Self::Hostile, Self::Here)
            }
            _ => Self::Hostile,
        }
    }
}

/// Where the requests of pinned sessions go.
#[derive(Debug)]
pub(super) struct Pins {
    /// The most there may be.
    limit: usize,
    last: u64,
    pins: BTreeMap<(Party, ServiceInstance), Pin>,
    by_age: BTreeMap<u64, (Party, ServiceInstance)>,
}

#[derive(Debug)]
struct Pin {
    age: u64,
    subject: Subject,
}

impl Pins {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, last: 0, pins: BTreeMap::new(), by_age: BTreeMap::new() }
    }

    pub(super) fn get(&self, party: &Party, extension: &ServiceInstance) -> Option<&Subject> {
        if self.pins.is_empty() {
            return None;
        }
        self.pins.get(&(party.clone(), extension.clone())).map(|pin| &pin.subject)
    }

    /// Pins a session. When there are too many, the oldest pin is forgotten.
    pub(super) fn set(&mut self, party: Party, extension: ServiceInstance, subject: Subject) {
        let key = (party, extension);
        if let Some(pin) = self.pins.get_mut(&key) {
            pin.subject = subject;
            return;
        }
        self.last += 1;
        self.by_age.insert(self.last, key.clone());
        self.pins.insert(key, Pin { age: self.last, subject });
        if self.pins.len() > self.limit
            && let Some((_, oldest)) = self.by_age.pop_first()
        {
            self.pins.remove(&oldest);
        }
    }

    pub(super) fn remove(&mut self, party: &Party, extension: &ServiceInstance) {
        if !self.pins.is_empty() {
            self.take(&(party.clone(), extension.clone()));
        }
    }

    /// Forgets a pin unless it leads elsewhere by now.
    pub(super) fn remove_if(&mut self, party: &Party, extension: &ServiceInstance, subject: &Subject) {
        if self.get(party, extension) == Some(subject) {
            self.remove(party, extension);
        }
    }

    /// Forgets all pins of one who is gone.
    pub(super) fn remove_all(&mut self, party: &Party) {
        while let Some(key) = self.first_of(party) {
            self.take(&key);
        }
    }

    fn first_of(&self, party: &Party) -> Option<(Party, ServiceInstance)> {
        /// No instance name sorts before it.
        const FIRST: ServiceInstance = ServiceInstance::from_static("!");
        if self.pins.is_empty() {
            return None;
        }
        let (key, _) = self.pins.range((party.clone(), FIRST)..).next()?;
        (key.0 == *party).then(|| key.clone())
    }

    fn take(&mut self, key: &(Party, ServiceInstance)) {
        if let Some(pin) = self.pins.remove(key) {
            self.by_age.remove(&pin.age);
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
        assert_eq!(Wish::judge(None), Wish::Anywhere);
        let pin = subject("ext-0");
        assert_eq!(Wish::judge(Some(&pin.clone().into_bytes())), Wish::Here(pin));
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
            assert_eq!(
                Wish::judge(Some(&Bytes::copy_from_slice(text.as_bytes()))),
                Wish::Hostile,
                "{text:?}"
            );
        }
    }

    #[test]
    fn who_is_gone_takes_all_pins_along_and_no_others() {
        let mut pins = Pins::new(10);
        for (endpoint, name) in [("a", "!"), ("a", "x"), ("a", "~"), ("b", "x")] {
            pins.set(party(endpoint), extension(name), subject("r"));
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
            pins.set(party(endpoint), extension("x"), subject(endpoint));
        }
        assert_eq!(pins.get(&party("a"), &extension("x")), None);
        assert_eq!(pins.get(&party("c"), &extension("x")), Some(&subject("c")));
        assert_eq!((pins.pins.len(), pins.by_age.len()), (2, 2));
    }

    #[test]
    fn a_pin_that_leads_elsewhere_by_now_is_kept() {
        let mut pins = Pins::new(2);
        pins.set(party("a"), extension("x"), subject("new"));
        pins.remove_if(&party("a"), &extension("x"), &subject("old"));
        assert!(pins.get(&party("a"), &extension("x")).is_some());
        pins.remove_if(&party("a"), &extension("x"), &subject("new"));
        assert_eq!(pins.get(&party("a"), &extension("x")), None);
    }
}
