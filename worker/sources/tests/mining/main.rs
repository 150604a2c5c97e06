//! The miners against real repositories and folders, made for each test.

mod commits;
mod folders;
#[cfg(unix)]
mod hostile;
mod paging;
mod redaction;
mod shapes;
mod support;
mod todos;
