//! Labels by their whole names: `.loop` of `Main` is also `Main_loop` in asar, and `Main` of the namespace `x` is `x_Main`;
//! `@loop` of `Main` is `Main@loop` in WLA-DX.

use std::collections::BTreeMap;

/// What is known of whole names. Empty for dialects that have none.
#[derive(Debug, Clone, Default)]
pub(super) struct WholeNames {
    /// The statements of labels by their whole names.
    labels: BTreeMap<String, usize>,
    /// The whole names of labels that others can be local to.
    owners: BTreeMap<u32, String>,
    /// What stands before the names of each namespace.
    spaces: BTreeMap<u32, String>,
}

impl WholeNames {
    /// Notes a namespace inside another scope.
    pub(super) fn space(&mut self, scope: u32, around: u32, name: &str) {
        let before = self.spaces.get(&around).map_or("", String::as_str);
        self.spaces.insert(scope, format!("{before}{name}_"));
    }

    /// Notes a label of the whole text; gives the statement that had the name before.
    pub(super) fn note_plain(&mut self, scope: u32, name: &str, at: usize, stamp: u32) -> Option<usize> {
        let before = self.spaces.get(&scope).map_or("", String::as_str);
        let whole = format!("{before}{name}");
        self.owners.insert(stamp, whole.clone());
        self.labels.insert(whole, at)
    }

    /// Notes a local label; gives the statement that had the name before.
    pub(super) fn note_local(&mut self, owner: u32, name: &str, at: usize, stamp: u32) -> Option<usize> {
        let whole = self.of_local(owner, name)?;
        self.owners.insert(stamp, whole.clone());
        self.labels.insert(whole, at)
    }

    /// The statement of a local name by another spelling of it: `.a_b` for `..b` of `.a`.
    pub(super) fn local(&self, owner: u32, name: &str) -> Option<usize> {
        self.labels.get(&self.of_local(owner, name)?).copied()
    }

    /// The statement of a name from anywhere in the text.
    pub(super) fn plain(&self, scope: u32, name: &str) -> Option<usize> {
        let before = self.spaces.get(&scope);
        let inside = before.and_then(|before| self.labels.get(&format!("{before}{name}")));
        inside.or_else(|| self.labels.get(name)).copied()
    }

    fn of_local(&self, owner: u32, name: &str) -> Option<String> {
        let owner = self.owners.get(&owner)?;
        if name.starts_with('@') {
            return Some(format!("{owner}{name}"));
        }
        let own = name.strip_prefix('.')?.trim_start_matches('.');
        Some(format!("{owner}_{own}"))
    }
}
