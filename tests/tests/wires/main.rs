//! All five wires over real HTTP: what a scripted server of each is asked, what is made of its answers, and what of
//! its faults. An independent implementation of the cloud protocols is driven too, where it is installed.
#![expect(clippy::print_stdout, reason = "what was skipped has to be seen")]

mod answers;
mod faults;
mod foreign;
mod support;
