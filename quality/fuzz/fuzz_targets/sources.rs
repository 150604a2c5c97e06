#![no_main]

#[path = "../entries/sources.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::sources(bytes));
