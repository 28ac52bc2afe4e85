//! Topics and URL paths of 1/KP.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kaa_fuzz::PATHS.fuzz(data));
