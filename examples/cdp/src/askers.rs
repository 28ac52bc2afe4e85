//! Who has asked: so many endpoints in so many keys, however many there ever were.
//!
//! Each endpoint has its slot, which follows from its name and that of its application version. A slot that is
//! full forgets who has not asked for longest; it is told of changes again once it has asked again.

use bytes::Bytes;
use kaa_ext::prelude::*;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};

/// How many slots there are, each a key of the store.
pub(crate) const SLOTS: u16 = 1_024;

/// How many endpoints a slot has room for. It is read and written as a whole.
const ROOM: usize = 128;

/// What the keys of slots begin with.
pub(crate) const PREFIX: &str = "askers/";

/// The endpoints of a slot; who asked last is the last.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Askers(Vec<Asker>);

#[derive(Debug, Serialize, Deserialize)]
struct Asker {
    app_version: String,
    endpoint: String,
    /// The day it asked last, counted from 1970: that is all that making room needs, and nobody who asks all day
    /// long is written down again all day long.
    day: u64,
}

/// The key of the slot of an endpoint.
pub(crate) fn key(app_version: &AppVersion, endpoint: &EndpointId) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(app_version.as_str().as_bytes());
    // Neither name has a slash in it.
    hash.update(b"/");
    hash.update(endpoint.as_str().as_bytes());
    let digest = hash.finish();
    let number = digest.as_ref().iter().take(2).fold(0, |number: u16, byte| number << 8 | u16::from(*byte));
    format!("{PREFIX}{:04}", number % SLOTS)
}

impl Askers {
    /// What [`to_bytes`](Self::to_bytes) wrote; `None` for anything else.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(crate) fn to_bytes(&self) -> Bytes {
        // Strings and numbers: there is nothing in it that JSON cannot say.
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    /// Notes down that an endpoint asks today; whether that is news.
    pub(crate) fn note(&mut self, app_version: &AppVersion, endpoint: &EndpointId, today: u64) -> bool {
        let is_it =
            |asker: &Asker| asker.app_version == app_version.as_str() && asker.endpoint == endpoint.as_str();
        if self.0.iter().any(|asker| is_it(asker) && asker.day >= today) {
            return false;
        }
        self.0.retain(|asker| !is_it(asker));
        let (app_version, endpoint) = (app_version.to_string(), endpoint.to_string());
        self.0.push(Asker { app_version, endpoint, day: today });
        self.0.drain(..self.0.len().saturating_sub(ROOM));
        true
    }

    /// The endpoints of an application version.
    pub(crate) fn of(self, app_version: &AppVersion) -> impl Iterator<Item = EndpointId> {
        let of_it = self.0.into_iter().filter(move |asker| asker.app_version == app_version.as_str());
        of_it.filter_map(|asker| asker.endpoint.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app_version() -> AppVersion {
        "lamp-v1".parse().unwrap()
    }

    fn endpoint(number: usize) -> EndpointId {
        format!("ep-{number}").parse().unwrap()
    }

    fn full() -> Askers {
        let mut askers = Askers::default();
        for number in 0..ROOM {
            assert!(askers.note(&app_version(), &endpoint(number), 1));
        }
        askers
    }

    fn all(askers: Askers) -> Vec<EndpointId> {
        askers.of(&app_version()).collect()
    }

    #[test]
    fn a_slot_has_room_for_128_and_the_next_one_takes_the_place_of_who_asked_first() {
        for (asked, first) in [(ROOM - 1, 0), (ROOM, 0), (ROOM + 1, 1)] {
            let mut askers = Askers::default();
            for number in 0..asked {
                askers.note(&app_version(), &endpoint(number), 1);
            }
            let expected: Vec<_> = (first..asked).map(endpoint).collect();
            assert_eq!(all(askers), expected, "{asked}");
        }
    }

    #[test]
    fn who_asks_again_is_news_once_a_day_and_stays() {
        let mut askers = full();
        assert!(!askers.note(&app_version(), &endpoint(0), 1));
        assert!(askers.note(&app_version(), &endpoint(0), 2));
        assert!(!askers.note(&app_version(), &endpoint(0), 2));
        // A clock that was set back.
        assert!(!askers.note(&app_version(), &endpoint(0), 1));
        askers.note(&app_version(), &endpoint(ROOM), 2);
        let kept = all(askers);
        assert!(kept.contains(&endpoint(0)) && !kept.contains(&endpoint(1)), "{kept:?}");
        assert_eq!(kept.len(), ROOM);
    }

    #[test]
    fn a_full_slot_of_the_longest_names_fits_into_an_entry_and_comes_back() {
        let name = |number: usize| format!("{number:0>128}");
        let mut askers = Askers::default();
        for number in 0..ROOM {
            askers.note(&name(number).parse().unwrap(), &name(number).parse().unwrap(), u64::MAX);
        }
        let bytes = askers.to_bytes();
        assert!(bytes.len() < 64 * 1_024, "{}", bytes.len());
        let back: Vec<_> = Askers::from_bytes(&bytes).unwrap().of(&name(7).parse().unwrap()).collect();
        assert_eq!(back, [&*name(7)]);
        assert!(Askers::from_bytes(b"something else").is_none());
    }

    #[test]
    fn endpoints_spread_over_all_slots() {
        let keys: std::collections::BTreeSet<_> =
            (0..20_000).map(|number| key(&app_version(), &endpoint(number))).collect();
        assert_eq!(keys.len(), usize::from(SLOTS));
        assert_ne!(key(&app_version(), &endpoint(1)), key(&"lamp-v2".parse().unwrap(), &endpoint(1)));
    }
}
