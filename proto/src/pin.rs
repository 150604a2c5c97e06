//! The pin of a coordinator: which key its certificate must have.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;

/// The SHA-256 of a certificate's SubjectPublicKeyInfo, written `sha256:<base64url>`. It stays the same when a
/// certificate is renewed for the same key, and whoever knows it needs no authority to know the coordinator.
///
/// Source: RFC 7469, section 2.4 (the fingerprint of a key), with the alphabet of RFC 4648, section 5.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pin([u8; 32]);

/// Why a text is not a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected `sha256:` and 43 characters of base64url")]
pub struct PinError;

impl Pin {
    /// The text before the hash.
    const PREFIX: &'static str = "sha256:";

    /// A pin from the 32 bytes of the hash.
    #[must_use]
    pub const fn from_sha256(hash: [u8; 32]) -> Self {
        Self(hash)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::PREFIX, URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let hash = text.strip_prefix(Self::PREFIX).ok_or(PinError)?;
        let bytes = URL_SAFE_NO_PAD.decode(hash).map_err(|_| PinError)?;
        bytes.try_into().map(Self).map_err(|_| PinError)
    }
}

crate::id::text_form!(Pin, "^sha256:[A-Za-z0-9_-]{43}$");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_survives_its_text_form_and_nothing_else_is_one() {
        let pin = Pin::from_sha256([0xfb; 32]);
        assert_eq!(pin.to_string().parse(), Ok(pin));
        assert_eq!(pin.to_string().len(), 7 + 43);
        for bad in ["", "sha256:", "sha256:AAAA", "md5:AAAA", &format!("{pin}A"), &pin.to_string()[1..]] {
            assert_eq!(bad.parse::<Pin>(), Err(PinError), "{bad}");
        }
    }
}
