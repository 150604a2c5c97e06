//! The fingerprint: a hash of everything that decides which samples come out.

use hafs_proto::ContentHash;

use super::Config;
use super::schema::Effect;

/// Rises when keys are hashed in another way.
const VERSION: &str = "hafs-config-1";

impl Config {
    /// The hash of all values in effect that influence results: not addresses, folders, timeouts, threads or
    /// secrets, so two machines with the same intentions have the same fingerprint.
    #[must_use]
    pub fn fingerprint(&self) -> ContentHash {
        let shown = self.shown();
        let pairs = shown
            .into_iter()
            .filter(|shown| shown.key.effect == Effect::Results)
            .flat_map(|shown| [shown.path, shown.value.to_string()]);
        let parts: Vec<String> = std::iter::once(VERSION.to_owned()).chain(pairs).collect();
        ContentHash::of_parts(parts.iter().map(String::as_str))
    }
}
