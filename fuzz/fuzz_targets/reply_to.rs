//! Return addresses, judged for every protocol that answers.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kaa_fuzz::REPLY_TO.fuzz(data));
