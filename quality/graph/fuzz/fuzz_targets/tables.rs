#![no_main]

#[path = "../entries/tables.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::tables(bytes));
