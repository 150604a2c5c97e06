//! The form of a token: `hafs<kind>_<id: 32 hex>_<secret: 64 hex>`.
//!
//! The id is public and names the row; the secret is 256 random bits, so a plain hash at rest is enough (a slow
//! hash would only help those who want to keep the coordinator busy). The prefix lets secret scanners find it.

use std::fmt;

use uuid::Uuid;

use crate::hash::ContentHash;
use crate::id::CredentialId;

/// Who a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Lets a worker join.
    Join,
    /// A worker's own.
    Worker,
    /// A person's program.
    People,
}

impl TokenKind {
    /// What a token of this kind begins with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Join => "hafsj",
            Self::Worker => "hafsw",
            Self::People => "hafsp",
        }
    }

    fn from_prefix(prefix: &str) -> Option<Self> {
        [Self::Join, Self::Worker, Self::People].into_iter().find(|kind| kind.prefix() == prefix)
    }
}

/// A token as it came in or goes out. Shows nothing in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken {
    kind: TokenKind,
    id: CredentialId,
    secret: String,
}

impl BearerToken {
    /// A new token with a secret of 32 random bytes.
    #[must_use]
    pub fn new(kind: TokenKind, id: CredentialId, secret: &[u8; 32]) -> Self {
        let secret = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { kind, id, secret }
    }

    /// A token of the same kind and id with another secret: what a rotation leads to.
    #[must_use]
    pub fn renewed(&self, secret: &[u8; 32]) -> Self {
        Self::new(self.kind, self.id, secret)
    }

    /// Reads a token; `None` for anything that has not exactly its form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 5 + 1 + 32 + 1 + 64 || !text.is_ascii() {
            return None;
        }
        let mut parts = text.split('_');
        let (prefix, id, secret) = (parts.next()?, parts.next()?, parts.next()?);
        let hex = |part: &str| part.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if parts.next().is_some() || !hex(id) || !hex(secret) || secret.len() != 64 {
            return None;
        }
        let id = CredentialId::from_uuid(Uuid::try_parse(id).ok()?);
        Some(Self { kind: TokenKind::from_prefix(prefix)?, id, secret: secret.to_owned() })
    }

    /// Who it is for, by its own word.
    #[must_use]
    pub const fn kind(&self) -> TokenKind {
        self.kind
    }

    /// Its public half.
    #[must_use]
    pub const fn id(&self) -> CredentialId {
        self.id
    }

    /// What the library keeps of the secret.
    #[must_use]
    pub fn secret_hash(&self) -> ContentHash {
        ContentHash::of_parts([self.kind.prefix(), self.secret.as_str()])
    }

    /// The whole token, to be shown once.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{}_{}_{}", self.kind.prefix(), self.id.uuid().simple(), self.secret)
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_<redacted>", self.kind.prefix(), self.id.uuid().simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text_form_and_hides_its_secret_in_debug() {
        let id = CredentialId::from_uuid(Uuid::from_u128(5));
        let token = BearerToken::new(TokenKind::Worker, id, &[0xab; 32]);
        let read = BearerToken::parse(&token.reveal()).expect("a token");
        assert_eq!((read.id(), read.kind()), (id, TokenKind::Worker));
        assert_eq!(read.secret_hash(), token.secret_hash());
        assert!(!format!("{token:?}").contains("abab"));
    }

    #[test]
    fn anything_but_the_exact_form_is_refused() {
        let id = CredentialId::from_uuid(Uuid::from_u128(5));
        let good = BearerToken::new(TokenKind::Join, id, &[1; 32]).reveal();
        for bad in [
            String::new(),
            good[1..].to_owned(),
            format!("{good}0"),
            format!(" {good}"),
            good.to_uppercase(),
            good.replace("hafsj", "hafsx"),
            good.replace('_', "-"),
            "\u{e9}".repeat(51),
        ] {
            assert!(BearerToken::parse(&bad).is_none(), "{bad}");
        }
    }
}
