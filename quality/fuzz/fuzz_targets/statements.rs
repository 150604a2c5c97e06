#![no_main]

#[path = "../entries/statements.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::statements(bytes));
