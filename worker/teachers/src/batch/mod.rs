//! The batch lane: calls that may wait are handed in together, for half the price, and answered within a day.
//!
//! To the rest of the program it is a teacher whose calls take hours. A call goes into a room; when the room is full, or
//! its first call has waited long enough, everything in it becomes one batch. Whoever waits there does what is due for
//! all, so nothing runs when nobody waits. What a batch is called stands on disk before it is handed in, and each call is
//! known by the hash of its prompt: who asks the same again, also after a restart, is answered from the batch that
//! it is in, and a batch of which nobody knows whether it arrived is looked for at the provider before anything is sent
//! again.

mod anthropic;
mod counter;
mod gemini;
mod openai;
mod room;
mod teacher;
mod ticket;

pub(crate) use anthropic::Anthropic;
pub(crate) use counter::Counter;
pub(crate) use gemini::Gemini;
pub(crate) use openai::OpenAi;
pub use room::Rhythm;
pub use teacher::Now;
pub(crate) use teacher::{BatchTeacher, Place};
