//! TLS between our own programs: the pin of a key, and a client that accepts exactly one key.

mod pin;
mod verifier;

pub use pin::{PinningError, pin_of};
pub use verifier::{PinnedKey, client_config};
