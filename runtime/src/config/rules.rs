//! Rules that hold between the keys of a section.

use serde_json::Value as Json;

use super::reader::Report;

/// What a section demands of its values together. Most demand nothing.
pub(super) trait Rules {
    /// Checks them.
    fn rules(&self, _book: &mut Rulebook<'_>) {}
}

/// Where broken rules are written down.
pub(super) struct Rulebook<'a> {
    path: &'a str,
    report: &'a mut Report,
}

impl<'a> Rulebook<'a> {
    /// For the section at `path`.
    pub fn new(path: &'a str, report: &'a mut Report) -> Self {
        Self { path, report }
    }

    /// Blames `key` (whose value is `value`) unless the rule holds. Says nothing when one of the `others` or the
    /// key itself was refused before: its default stands in, which nobody has written.
    pub fn demand(&mut self, holds: bool, blamed: (&str, Json), others: &[&str], words: (String, &str)) {
        let path = |key: &str| format!("{}.{key}", self.path);
        let refused = |key: &str| self.report.mistakes.iter().any(|mistake| mistake.key == path(key));
        if holds || refused(blamed.0) || others.iter().any(|key| refused(key)) {
            return;
        }
        let keys = std::iter::once(&blamed.0).chain(others);
        let written = keys.map(|key| path(key)).find(|path| self.report.origins.contains_key(path));
        let blamed_path = path(blamed.0);
        // A default that breaks a rule does so because of what somebody wrote beside it.
        if let Some(origin) = written.and_then(|path| self.report.origins.get(&path)).cloned() {
            self.report.origins.entry(blamed_path.clone()).or_insert(origin);
        }
        self.report.blame(&blamed_path, Some(&blamed.1), words.0, words.1);
    }
}
