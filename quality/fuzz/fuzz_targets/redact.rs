#![no_main]

#[path = "../entries/redact.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::redacted(bytes));
