//! MQTT packets of a client.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kaa_fuzz::PACKETS.fuzz(data));
