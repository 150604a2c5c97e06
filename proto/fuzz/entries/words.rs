//! What must hold for every token, link, id and name.

use std::fmt::Display;
use std::str::FromStr;

use hafs_proto::{
    BearerToken, CompletionId, ContentHash, Domain, JoinLink, LeaseToken, Network, Pin, Route, TaskId,
    TeacherName, WorkerId,
};

/// A word is refused, or it is the one form of what it means: written again it is the same text, or is at least read
/// again as the same.
///
/// # Panics
/// When it is not.
pub fn words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(token) = BearerToken::parse(&text) {
        assert_eq!(token.reveal(), text);
    }
    same::<LeaseToken>(&text);
    same::<Pin>(&text);
    same::<TaskId>(&text);
    same::<WorkerId>(&text);
    same::<CompletionId>(&text);
    same::<ContentHash>(&text);
    same::<Domain>(&text);
    same::<TeacherName>(&text);
    same::<Route>(&text);
    again::<Network>(&text);
    again::<JoinLink>(&text);
}

fn same<T: FromStr + Display>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        assert_eq!(read.to_string(), text);
    }
}

fn again<T: FromStr + Display>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        let written = read.to_string();
        assert_eq!(written.parse::<T>().ok().expect("it is read again").to_string(), written);
    }
}
