//! The scripts.

use std::collections::BTreeMap;

/// A script, named for the verb that it serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    Enqueue,
    Claim,
    Renew,
    Close,
    Release,
    Peek,
    Settle,
    Reap,
    Stats,
    Held,
    Explain,
    Pause,
}

/// Every script that an index is used by.
const VERBS: [Verb; 12] = [
    Verb::Enqueue,
    Verb::Claim,
    Verb::Renew,
    Verb::Close,
    Verb::Release,
    Verb::Peek,
    Verb::Settle,
    Verb::Reap,
    Verb::Stats,
    Verb::Held,
    Verb::Explain,
    Verb::Pause,
];

macro_rules! script {
    ($($part:literal),+) => { concat!($(include_str!(concat!("lua/", $part, ".lua"))),+) };
}

/// Fills an index that is not in use yet.
pub(super) const STAGE: &str = script!("record", "stage");
/// Puts it in the place of the one in use.
pub(super) const SWITCH: &str = script!("record", "switch");

impl Verb {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Enqueue => script!("record", "life", "enqueue"),
            Self::Claim => script!("record", "life", "lease", "promote", "merge", "survey", "claim"),
            Self::Renew => script!("record", "life", "lease", "renew"),
            Self::Close => script!("record", "life", "close"),
            Self::Release => script!("record", "life", "lease", "release"),
            Self::Peek => script!("record", "life", "peek"),
            Self::Settle => script!("record", "life", "settle"),
            Self::Reap => script!("record", "life", "promote", "reap"),
            Self::Stats => script!("record", "life", "survey", "stats"),
            Self::Held => script!("record", "life", "held"),
            Self::Explain => script!("record", "life", "explain"),
            Self::Pause => script!("record", "life", "pause"),
        }
    }
}

/// The SHA-1 of each script: what it is called by.
#[derive(Debug)]
pub(super) struct Scripts(BTreeMap<Verb, String>);

impl Scripts {
    pub(super) fn new() -> Self {
        let hash = |verb: Verb| (verb, redis::Script::new(verb.text()).get_hash().to_owned());
        Self(VERBS.into_iter().map(hash).collect())
    }

    pub(super) fn hash(&self, verb: Verb) -> &str {
        self.0.get(&verb).map_or("", String::as_str)
    }

    /// Loads all of them.
    pub(super) fn load(&self) -> redis::Pipeline {
        let mut load = redis::pipe();
        for verb in self.0.keys() {
            load.cmd("SCRIPT").arg("LOAD").arg(verb.text()).ignore();
        }
        load
    }
}
