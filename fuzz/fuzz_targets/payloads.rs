//! JSON of devices.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kaa_fuzz::PAYLOADS.fuzz(data));
