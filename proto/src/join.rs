//! The join link: all that a new machine needs, in one line that a person can paste.
//!
//! `https://factory.example:7425/#v1.<token>.<pin>.<checks>`: the secret stands behind the `#`, which no HTTP client
//! ever sends and no server logs. `checks` are three times six hex digits, of the address, the token and the pin, so
//! that a link that was cut off or altered says which part is wrong.

use std::fmt;

use thiserror::Error;

use crate::hash::ContentHash;
use crate::pin::Pin;
use crate::token::{BearerToken, TokenKind};

/// Bytes of a link at most.
const LENGTH: usize = 1_024;
const VERSION: &str = "v1";
/// Stands for the pin when there is none.
const NO_PIN: &str = "-";
/// Hex digits of the check of one part.
const CHECK: usize = 6;

/// Address, one-time token and pin. `Display` shows the token, because the link is made to be pasted; `Debug` does
/// not.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinLink {
    address: String,
    token: BearerToken,
    pin: Option<Pin>,
}

/// A part of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPart {
    /// Where the coordinator is.
    Address,
    /// The one-time token.
    Token,
    /// The pin of the coordinator's key.
    Pin,
}

impl fmt::Display for LinkPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "address",
            Self::Token => "token",
            Self::Pin => "pin",
        })
    }
}

/// Why a text is not a join link. No message shows the token.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LinkError {
    /// There is no `#v1.` in it.
    #[error(
        "this is no join link: expected https://HOST:PORT/#{VERSION}.…, as `hafs-factory token create --role worker` \
         prints it; put it in single quotes, because a shell takes `#` for a comment"
    )]
    Form,
    /// It was made by a newer program.
    #[error(
        "the join link is of the form `{found}`, this program knows {VERSION}: install the coordinator's version"
    )]
    Version {
        /// The form.
        found: String,
    },
    /// It ends too early.
    #[error("the join link was cut off in its {part}; copy the whole line again")]
    CutOff {
        /// The part that it ends in.
        part: LinkPart,
    },
    /// A part is not what it was when the link was made.
    #[error("the {part} of the join link was altered; copy the whole line again")]
    Altered {
        /// The part.
        part: LinkPart,
    },
    /// The checks themselves are damaged.
    #[error("the end of the join link was cut off or altered; copy the whole line again")]
    Checks,
}

/// Why a link cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnlinkableError {
    /// The address is none.
    #[error(
        "`{0}` is no address of a coordinator; expected https://HOST:PORT without user, query and fragment"
    )]
    Address(String),
    /// The token is not one to join with.
    #[error("only a join token makes a join link")]
    Kind,
    /// A pin without TLS would promise what nobody checks.
    #[error("the address `{0}` is not encrypted, so a pin cannot be checked")]
    PinWithoutTls(String),
}

impl JoinLink {
    /// A link.
    ///
    /// # Errors
    /// [`UnlinkableError`] when the parts do not make one.
    pub fn new(address: &str, token: BearerToken, pin: Option<Pin>) -> Result<Self, UnlinkableError> {
        let address = address.trim_end_matches('/');
        if !is_address(address) {
            return Err(UnlinkableError::Address(address.chars().take(200).collect()));
        }
        if token.kind() != TokenKind::Join {
            return Err(UnlinkableError::Kind);
        }
        if pin.is_some() && !address.starts_with("https://") {
            return Err(UnlinkableError::PinWithoutTls(address.to_owned()));
        }
        Ok(Self { address: address.to_owned(), token, pin })
    }

    /// Where the coordinator is, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The one-time token.
    #[must_use]
    pub const fn token(&self) -> &BearerToken {
        &self.token
    }

    /// The key that the coordinator must have; absent when authorities vouch for it, or when it is not encrypted.
    #[must_use]
    pub const fn pin(&self) -> Option<Pin> {
        self.pin
    }
}

/// Scheme, host and whatever a proxy may want in front, without anything that could hold a secret or break a line.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte);
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with([':', '/']) && rest.bytes().all(plain) && text.len() <= 512
    })
}

fn check(part: &str) -> String {
    let mut hash = ContentHash::of(part.as_bytes()).to_string();
    hash.truncate(CHECK);
    hash
}

fn pin_text(pin: Option<Pin>) -> String {
    pin.map_or_else(|| NO_PIN.to_owned(), |pin| pin.to_string().replacen("sha256:", "", 1))
}

impl fmt::Display for JoinLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (address, token, pin) = (&self.address, self.token.reveal(), pin_text(self.pin));
        let checks = [check(address), check(&token), check(&pin)].concat();
        write!(f, "{address}/#{VERSION}.{token}.{pin}.{checks}")
    }
}

impl fmt::Debug for JoinLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinLink")
            .field("address", &self.address)
            .field("token", &self.token)
            .field("pin", &self.pin)
            .finish()
    }
}

impl std::str::FromStr for JoinLink {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        let (address, fragment) =
            text.split_once("/#").filter(|_| text.len() <= LENGTH).ok_or(LinkError::Form)?;
        let mut parts = fragment.split('.');
        let version = parts.next().unwrap_or_default();
        if version != VERSION {
            let later =
                version.len() <= 4 && version.strip_prefix('v').is_some_and(|v| v.parse::<u16>().is_ok());
            return Err(if later {
                LinkError::Version { found: version.to_owned() }
            } else {
                LinkError::Form
            });
        }
        let token = parts.next().filter(|token| !token.is_empty());
        let token = token.ok_or(LinkError::CutOff { part: LinkPart::Token })?;
        let Some(pin) = parts.next() else { return Err(LinkError::CutOff { part: LinkPart::Token }) };
        let Some(checks) = parts.next() else { return Err(LinkError::CutOff { part: LinkPart::Pin }) };
        if checks.len() != 3 * CHECK || !checks.is_ascii() || parts.next().is_some() {
            return Err(LinkError::Checks);
        }
        let given = [(LinkPart::Address, address), (LinkPart::Token, token), (LinkPart::Pin, pin)];
        for (at, (part, text)) in given.into_iter().enumerate() {
            if checks[at * CHECK..(at + 1) * CHECK] != check(text) {
                return Err(LinkError::Altered { part });
            }
        }
        assemble(address, token, pin)
    }
}

fn assemble(address: &str, token: &str, pin: &str) -> Result<JoinLink, LinkError> {
    let altered = |part| LinkError::Altered { part };
    let token = BearerToken::parse(token).ok_or(altered(LinkPart::Token))?;
    let pin = match pin {
        NO_PIN => None,
        pin => Some(format!("sha256:{pin}").parse().map_err(|_| altered(LinkPart::Pin))?),
    };
    JoinLink::new(address, token, pin).map_err(|error| match error {
        UnlinkableError::Address(_) => altered(LinkPart::Address),
        UnlinkableError::Kind => altered(LinkPart::Token),
        UnlinkableError::PinWithoutTls(_) => altered(LinkPart::Pin),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::CredentialId;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn link(pin: Option<Pin>) -> JoinLink {
        let id = CredentialId::from_uuid(Uuid::from_u128(7));
        let token = BearerToken::new(TokenKind::Join, id, &[0xab; 32]);
        JoinLink::new("https://factory.example:7425/", token, pin).expect("a link")
    }

    fn pin() -> Pin {
        Pin::from_sha256([9; 32])
    }

    #[test]
    fn a_link_survives_its_text_form_and_hides_its_secret_in_debug_and_in_what_is_sent() {
        for link in [link(Some(pin())), link(None)] {
            let text = link.to_string();
            assert_eq!(text.parse(), Ok(link.clone()));
            assert_eq!(format!(" {text}\n").parse(), Ok(link.clone()));
            assert!(!format!("{link:?}").contains("abab"), "{link:?}");
            let (sent, fragment) = text.split_once('#').expect("a fragment");
            assert_eq!(sent, "https://factory.example:7425/");
            assert!(fragment.contains("abab"));
        }
    }

    #[test]
    fn each_part_that_was_altered_is_named() {
        let text = link(Some(pin())).to_string();
        let altered = |from: &str, to: &str| text.replacen(from, to, 1).parse::<JoinLink>();
        let named = |part| Err(LinkError::Altered { part });
        assert_eq!(altered("factory", "victory"), named(LinkPart::Address));
        assert_eq!(altered("7425", "7426"), named(LinkPart::Address));
        assert_eq!(altered("abab", "abac"), named(LinkPart::Token));
        assert_eq!(altered("CQkJ", "CQkK"), named(LinkPart::Pin));
        assert_eq!(altered("#v1", "#v2"), Err(LinkError::Version { found: "v2".to_owned() }));
        assert_eq!("factory.example".parse::<JoinLink>(), Err(LinkError::Form));
    }

    #[test]
    fn parts_that_make_no_link_are_refused() {
        let token = |kind| BearerToken::new(kind, CredentialId::from_uuid(Uuid::from_u128(7)), &[1; 32]);
        let new = |address: &str, kind, pin| JoinLink::new(address, token(kind), pin);
        assert_eq!(new("https://h", TokenKind::Worker, None), Err(UnlinkableError::Kind));
        assert!(new("http://h", TokenKind::Join, Some(pin())).is_err());
        for bad in ["h:1", "ftp://h", "https://", "https://u:p@h", "https://h?q", "https://h\n", "https:///x"]
        {
            assert!(new(bad, TokenKind::Join, None).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_link_that_was_cut_off_anywhere_is_refused(at in 0_usize..=250) {
            let text = link(Some(pin())).to_string();
            prop_assume!(at < text.len());
            prop_assert!(text[..at].parse::<JoinLink>().is_err());
        }

        #[test]
        fn one_changed_character_is_always_noticed(at in 0_usize..250, new in "[ -~]") {
            let text = link(Some(pin())).to_string();
            prop_assume!(at < text.len() && !text[at..].starts_with(&new) && new != " ");
            let changed = format!("{}{new}{}", &text[..at], &text[at + 1..]);
            prop_assert!(changed.parse::<JoinLink>().is_err(), "{}", changed);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".*") {
            let _ = text.parse::<JoinLink>();
        }
    }
}
