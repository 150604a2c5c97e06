//! All five wires over real HTTP: what a scripted server of each is asked, what is made of its answers, and what of
//! its faults. Independent implementations of the cloud protocols and of Ollama's are
//! driven too, where they are installed.
#![expect(clippy::print_stdout, reason = "what was skipped has to be seen")]

mod answers;
mod faults;
mod foreign;
mod peer;
mod support;
