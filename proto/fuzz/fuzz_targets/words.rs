#![no_main]

#[path = "../entries/words.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::words(bytes));
