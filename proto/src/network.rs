//! Ranges of IP addresses: where a join token may be used from, which proxies are trusted.

use std::fmt;
use std::net::IpAddr;

use thiserror::Error;

/// A range of addresses in CIDR form: `10.0.0.0/8`, `fd00::/8`; a single address stands for itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// Why a text is not a range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NetworkError {
    /// It has another form.
    #[error("`{0}` is no range of addresses; expected one such as 10.0.0.0/8, fd00::/8 or 192.0.2.7")]
    Form(String),
    /// The prefix is longer than an address.
    #[error("the prefix /{found} is longer than an address, which has {most} bits")]
    Prefix {
        /// Bits found.
        found: u8,
        /// Bits allowed.
        most: u8,
    },
    /// Bits behind the prefix are set, so either the address or the prefix is wrong.
    #[error("{address} has bits behind the prefix /{bits}; perhaps {meant} is meant")]
    HostBits {
        /// The address as written.
        address: IpAddr,
        /// The prefix as written.
        bits: u8,
        /// The range that the address lies in.
        meant: Network,
    },
}

impl Network {
    /// Whether an address lies in the range. An IPv4 address that is written as IPv6 (`::ffff:10.0.0.1`) counts as
    /// the IPv4 address that it is.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && masked(address, self.bits) == self.first
    }
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The first address that has the same `bits` in front.
fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(four) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
            IpAddr::from((four.to_bits() & mask).to_be_bytes())
        }
        IpAddr::V6(six) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
            IpAddr::from((six.to_bits() & mask).to_be_bytes())
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let form = || NetworkError::Form(text.chars().take(80).collect());
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: IpAddr = address.parse().map_err(|_| form())?;
        let most = width(address);
        let bits = match bits {
            None => most,
            Some(bits) if bits.bytes().all(|byte| byte.is_ascii_digit()) => {
                bits.parse().map_err(|_| form())?
            }
            Some(_) => return Err(form()),
        };
        if bits > most {
            return Err(NetworkError::Prefix { found: bits, most });
        }
        let range = Self { first: masked(address, bits), bits };
        if range.first == address {
            Ok(range)
        } else {
            Err(NetworkError::HostBits { address, bits, meant: range })
        }
    }
}

crate::id::text_form!(Network, "^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$");

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn network(text: &str) -> Network {
        text.parse().unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_range_holds_what_shares_its_prefix_and_nothing_of_the_other_family() {
        let holds =
            |range: &str, address: &str| network(range).contains(address.parse().expect("an address"));
        assert!(holds("10.0.0.0/8", "10.255.0.1") && !holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(holds("fd00::/8", "fd12::1") && !holds("fd00::/8", "fe80::1"));
        assert!(
            !holds("0.0.0.0/0", "::1") && holds("::/0", "2001:db8::1") && holds("0.0.0.0/0", "203.0.113.9")
        );
        assert!(holds("192.0.2.7", "192.0.2.7") && !holds("192.0.2.7", "192.0.2.8"));
    }

    #[test]
    fn a_wrong_range_is_refused_with_what_is_wrong_about_it() {
        assert!(matches!(
            "10.0.0.0/33".parse::<Network>(),
            Err(NetworkError::Prefix { found: 33, most: 32 })
        ));
        let error = "10.1.0.0/8".parse::<Network>().expect_err("host bits").to_string();
        assert!(error.ends_with("perhaps 10.0.0.0/8 is meant"), "{error}");
        for bad in ["", "10.0.0.0/", "10.0.0/8", "lan", "10.0.0.0/+8", "10.0.0.0/8/8", "10.0.0.0/999"] {
            assert!(bad.parse::<Network>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_address_lies_in_the_range_of_any_of_its_prefixes(bits in any::<u128>(), prefix in 0_u8..=128) {
            let six = IpAddr::from(bits.to_be_bytes());
            let first = masked(six, prefix);
            let range = network(&format!("{first}/{prefix}"));
            prop_assert!(range.contains(six) || six.to_canonical().is_ipv4());
            prop_assert_eq!(range.to_string().parse(), Ok(range));
        }
    }
}
