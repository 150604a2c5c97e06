//! What the configuration of the older hafs has and this one has not. Nothing depended on it there either, so
//! that file can be used as it is, with a warning.

/// Why such a key is named.
pub(super) const NO_EFFECT: &str = "is of the older hafs and has no effect";

/// Whether a key is known to have been in the older file.
pub(super) fn has_no_effect(path: &str) -> bool {
    const KEYS: [&str; 4] = ["targets", "domains", "generation_campaign", "nodes"];
    path.strip_prefix("training.").is_some_and(|key| KEYS.contains(&key))
}
