#![no_main]

#[path = "../entries/assembly.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::assembly(bytes));
