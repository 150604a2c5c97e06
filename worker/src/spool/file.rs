//! A result in a file of its own: how earlier versions kept all of them, and how a refused one is kept for people.
//!
//! The first line is `hafs-spool-1 WORD CHECKSUM`, the rest is the JSON body.

use hafs_proto::ContentHash;

use super::error::Damage;
use super::line::{Entry, Kind};

const MAGIC: &str = "hafs-spool-1";
const SUFFIX: &str = ".json";
const PARTIAL: &str = ".json.partial";

/// The name of a result's file.
pub(super) fn name(key: &str) -> String {
    format!("{key}{SUFFIX}")
}

/// The key that a file is named by.
pub(super) fn key_of(name: &str) -> Option<&str> {
    name.strip_suffix(PARTIAL).or_else(|| name.strip_suffix(SUFFIX))
}

/// The whole file.
pub(super) fn encode(entry: &Entry) -> String {
    format!("{MAGIC} {} {}\n{}", entry.kind.word(), ContentHash::of(entry.body.as_bytes()), entry.body)
}

/// The entry in a file, if it is whole.
pub(super) fn decode(key: &str, file: &[u8]) -> Result<Entry, Damage> {
    let file = std::str::from_utf8(file).map_err(|_| Damage::Checksum)?;
    let (header, body) = file.split_once('\n').ok_or(Damage::Header)?;
    let mut words = header.split(' ');
    let (Some(MAGIC), Some(kind), Some(sum), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Damage::Header);
    };
    let kind = Kind::of(kind).ok_or(Damage::Header)?;
    if sum != ContentHash::of(body.as_bytes()).to_string() {
        return Err(Damage::Checksum);
    }
    Ok(Entry { kind, key: key.to_owned(), body: body.to_owned() })
}
