#![no_main]

#[path = "../entries/bodies.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::bodies(bytes));
