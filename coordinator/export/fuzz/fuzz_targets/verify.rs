#![no_main]

#[path = "../entries/verify.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::verify(bytes));
