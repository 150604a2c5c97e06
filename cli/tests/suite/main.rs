//! The program as people and scripts see it: what it says, and with which code it ends.

mod bad_input;
mod home;
mod restore;
