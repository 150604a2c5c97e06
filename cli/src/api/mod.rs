//! The people's API of a coordinator: one that runs, or one started here to look into the library.

mod client;
mod connect;
mod events;
mod session;

pub use client::{Api, ApiError};
pub use connect::connect;
pub use events::{Events, News};
pub use session::{ask, begin, running};
