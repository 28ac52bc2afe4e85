//! rumqttc, a client with codecs of its own, and this codec understand each other.
//!
//! Each property makes a packet with one of the two and reads it with the other.

mod from_client;
mod from_server;

use proptest::prelude::*;

/// Text that is a topic name, too.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9/ å日𪛔_-]{1,20}"
}

/// A filter with or without wildcards.
fn filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![Just("+".to_owned()), "[a-zå]{0,5}"];
    (prop::collection::vec(level, 1..5), any::<bool>()).prop_map(|(levels, more)| {
        let tail = if more { "/#" } else { "/x" };
        levels.join("/") + tail
    })
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![prop::collection::vec(any::<u8>(), 0..64), prop::collection::vec(any::<u8>(), 16_000..17_000)]
}

fn user_properties() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((text(), text()), 0..4)
}
