//! Datums of every record of the catalogue.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kaa_fuzz::RECORDS.fuzz(data));
