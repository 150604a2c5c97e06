//! Which address a request comes from when a proxy passes it on.

use std::net::IpAddr;

use hafs_proto::Network;

/// Addresses of one request that are looked at, from the nearest on.
const HOPS: usize = 16;

/// The client's address. `X-Forwarded-For` is believed only as far as trusted proxies have written it: from the right,
/// every hop that is a trusted proxy vouches for the one before it, and the first that is not is the client. Without
/// trusted proxies, or from anyone else, the header is ignored: everyone could write what he likes.
pub(super) fn client<'h>(
    peer: IpAddr,
    forwarded: impl DoubleEndedIterator<Item = &'h str>,
    trusted: &[Network],
) -> IpAddr {
    let vouches = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    for hop in forwarded.rev().flat_map(|line| line.rsplit(',')).take(HOPS) {
        if !vouches(client) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            // A proxy of ours that writes no address has nobody to vouch for.
            Err(_) => break,
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn from(peer: &str, lines: &[&str], trusted: &[&str]) -> IpAddr {
        let trusted: Vec<Network> = trusted.iter().map(|range| range.parse().expect("a range")).collect();
        client(address(peer), lines.iter().copied(), &trusted)
    }

    #[test]
    fn the_header_is_believed_only_as_far_as_trusted_proxies_have_written_it() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(
            from("203.0.113.9", &["198.51.100.1"], &proxies),
            address("203.0.113.9"),
            "a stranger's word"
        );
        assert_eq!(from("10.0.0.1", &["198.51.100.1"], &[]), address("10.0.0.1"), "nobody is trusted");
        assert_eq!(from("10.0.0.1", &["198.51.100.1"], &proxies), address("198.51.100.1"));
        assert_eq!(
            from("10.0.0.1", &["1.1.1.1, 198.51.100.1"], &proxies),
            address("198.51.100.1"),
            "spoofed"
        );
        assert_eq!(
            from("10.0.0.1", &["1.1.1.1", "198.51.100.1, 10.9.9.9"], &proxies),
            address("198.51.100.1")
        );
        assert_eq!(from("10.0.0.1", &["nonsense"], &proxies), address("10.0.0.1"));
        assert_eq!(from("::ffff:10.0.0.1", &["::ffff:198.51.100.1"], &proxies), address("198.51.100.1"));
        assert_eq!(from("10.0.0.1", &[], &proxies), address("10.0.0.1"));
    }

    proptest! {
        #[test]
        fn without_trusted_proxies_no_header_changes_anything(line in ".{0,80}") {
            prop_assert_eq!(from("203.0.113.9", &[line.as_str()], &[]), address("203.0.113.9"));
        }
    }
}
