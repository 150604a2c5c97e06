#![no_main]

#[path = "../entries/texts.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::texts(bytes));
