//! From when until when a certificate is valid.
//!
//! A certificate's first fields are walked in DER, as far as its validity and no further. Only certificates of the
//! configuration are read with it: what a peer presents is judged by the TLS library alone.
//!
//! Source: RFC 5280, sections 4.1 and 4.1.2.5.

use hafs_proto::Timestamp;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// Both ends of a certificate's validity; absent when the bytes are not a certificate.
pub(super) fn validity(certificate: &[u8]) -> Option<(Timestamp, Timestamp)> {
    let (certificate, _) = element(certificate, SEQUENCE)?;
    let (body, _) = element(certificate, SEQUENCE)?;
    // The version is left out in certificates of version 1.
    let body = element(body, VERSION).map_or(body, |(_, rest)| rest);
    let (_serial, body) = next(body)?;
    let (_algorithm, body) = element(body, SEQUENCE)?;
    let (_issuer, body) = element(body, SEQUENCE)?;
    let (validity, _) = element(body, SEQUENCE)?;
    let (from, rest) = time(validity)?;
    let (until, _) = time(rest)?;
    Some((from, until))
}

/// The content of the element in front, if it has this tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    (*bytes.first()? == tag).then(|| next(bytes))?
}

/// The content of the element in front, whatever it is, and what follows it.
fn next(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = bytes.get(1..)?.split_first()?;
    if first < 0x80 {
        return rest.split_at_checked(usize::from(first));
    }
    // Certificates are shorter than 2^32 bytes.
    let (digits, rest) =
        rest.split_at_checked(usize::from(first & 0x7f)).filter(|(digits, _)| digits.len() <= 4)?;
    let length = digits.iter().fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
    rest.split_at_checked(length)
}

/// The time in front, and what follows it.
fn time(bytes: &[u8]) -> Option<(Timestamp, &[u8])> {
    let tag = *bytes.first()?;
    let (text, rest) = next(bytes)?;
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let digits = match (tag, digits.len()) {
        // Two digits stand for 1950 to 2049.
        (UTC_TIME, 12) => format!("{}{digits}", if digits < "50" { "20" } else { "19" }),
        (GENERALIZED_TIME, 14) => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    let (date, clock) = ([part(0, 4), part(4, 6), part(6, 8)], [part(8, 10), part(10, 12), part(12, 14)]);
    format!("{}T{}Z", date.join("-"), clock.join(":")).parse().ok().map(|time| (time, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn certificate(from: i32, until: i32) -> Vec<u8> {
        let key = rcgen::KeyPair::generate().expect("a key");
        let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
        (params.not_before, params.not_after) =
            (rcgen::date_time_ymd(from, 2, 3), rcgen::date_time_ymd(until, 4, 5));
        params.self_signed(&key).expect("signed").der().to_vec()
    }

    #[test]
    fn both_ends_are_read_in_both_of_their_forms() {
        for (from, until) in [(1999, 2049), (2001, 2050), (2051, 2124)] {
            let (start, end) = validity(&certificate(from, until)).expect("valid");
            assert_eq!(start.to_string(), format!("{from}-02-03T00:00:00.000Z"));
            assert_eq!(end.to_string(), format!("{until}-04-05T00:00:00.000Z"));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = validity(&bytes);
        }

        #[test]
        fn a_certificate_that_was_cut_off_or_damaged_does_not_make_it_panic(at in 0_usize..600, byte in any::<u8>()) {
            let mut bytes = certificate(2001, 2050);
            let at = at % bytes.len();
            let _ = validity(&bytes[..at]);
            bytes[at] = byte;
            let _ = validity(&bytes);
        }
    }
}
