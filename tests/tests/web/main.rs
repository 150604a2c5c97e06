//! The pages in a real Chromium: clicked, typed, looked at; and hostile texts shown as text.
#![expect(clippy::unwrap_used, reason = "a test program")]

mod desk;
mod flow;
mod hostile;
