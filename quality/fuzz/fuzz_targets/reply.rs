#![no_main]

#[path = "../entries/reply.rs"]
mod entry;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| entry::reply(bytes));
