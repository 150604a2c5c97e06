//! What the names of a text stand for: labels of every scope, anonymous labels, assigned names.

mod build;
mod missing;
mod whole;

use std::collections::{BTreeMap, BTreeSet};

use crate::syntax::{Anonymous, Dialect, Expr};

pub use build::names;
pub(crate) use missing::lacking;
pub use missing::{duplicates, undefined};
use whole::WholeNames;

/// Where a statement stands among scopes and labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// The scope it is in; 0 is the text itself.
    scope: u32,
    /// One more than the statement of the last label that others can be local to; 0 before the first.
    owner: u32,
    /// Whether it is inside the definition of a macro, which makes no bytes.
    pub in_macro: bool,
    /// Whether a condition decides if it is assembled at all.
    pub conditional: bool,
}

/// The names of a text. Statements are told by their number.
#[derive(Debug, Clone)]
pub struct Names<'s> {
    dialect: Option<Dialect>,
    pub(crate) places: Vec<Place>,
    /// The scope around each scope.
    scopes: Vec<u32>,
    plain: BTreeMap<(u32, &'s str), usize>,
    /// Local labels by the label that they belong to.
    local: BTreeMap<(u32, &'s str), usize>,
    /// Of each label that others can be local to: its depth, and the label that it belongs to itself.
    owners: BTreeMap<u32, (u8, u32)>,
    whole: WholeNames,
    /// Labels that may be another statement's: those that are defined more than once.
    pub(crate) doubtful: BTreeSet<usize>,
    /// Anonymous labels by their marks, in order.
    marks: BTreeMap<&'s str, Vec<usize>>,
    /// Names that are assigned once. Assigned twice they may be anything.
    assigned: BTreeMap<&'s str, Option<usize>>,
    /// Labels that are defined twice in one scope, unconditionally.
    twice: Vec<usize>,
    /// Whether macros or other texts may define names that are not seen here.
    pub(crate) open: bool,
}

impl<'s> Names<'s> {
    /// The statement that defines the label which a name means at statement `at`; none where several may.
    #[must_use]
    pub fn label(&self, at: usize, name: &str) -> Option<usize> {
        self.find(at, name).filter(|found| !self.doubtful.contains(found))
    }

    /// A statement that defines the label, perhaps one of several.
    fn find(&self, at: usize, name: &str) -> Option<usize> {
        let place = self.places.get(at)?;
        if let Some(ahead) = macro_mark(name) {
            return self.mark(at, name, ahead, 1);
        }
        if let Some(depth) = local_depth(self.dialect, name) {
            let owner = self.owner(place.owner, depth);
            let found = self.local.get(&(owner, name)).copied();
            return found.or_else(|| self.whole.local(owner, name));
        }
        let mut scope = place.scope;
        loop {
            if let Some(found) = self.plain.get(&(scope, name)) {
                return Some(*found);
            }
            if scope == 0 {
                return self.whole.plain(place.scope, name);
            }
            scope = self.scopes.get(scope as usize).copied().unwrap_or(0);
        }
    }

    /// The label that a local one of this depth belongs to, from the last label on.
    fn owner(&self, mut owner: u32, depth: u8) -> u32 {
        while let Some((_, above)) = self.owners.get(&owner).filter(|(own, _)| *own >= depth) {
            owner = *above;
        }
        owner
    }

    /// The statement that an expression leads to, when it is a label and nothing else.
    #[must_use]
    pub fn target(&self, at: usize, expr: &Expr<'_>) -> Option<usize> {
        if let Expr::Symbol(name) = expr {
            self.label(at, name)
        } else if let Expr::Anonymous(anonymous) = expr {
            self.anonymous(at, *anonymous)
        } else {
            None
        }
    }

    /// The statement that assigns a name, when only one does.
    #[must_use]
    pub fn assignment(&self, name: &str) -> Option<usize> {
        self.assigned.get(name).copied().flatten()
    }

    fn anonymous(&self, at: usize, reference: Anonymous) -> Option<usize> {
        const FORWARD: &str = "++++++++++++++++";
        const BACKWARD: &str = "----------------";
        let (mark, ahead, count) = match reference {
            Anonymous::Forward(count) => (FORWARD.get(..usize::from(count))?, true, 1),
            Anonymous::Backward(count) => (BACKWARD.get(..usize::from(count))?, false, 1),
            Anonymous::UnnamedForward(count) => (":", true, usize::from(count)),
            Anonymous::UnnamedBackward(count) => (":", false, usize::from(count)),
        };
        self.mark(at, mark, ahead, count)
    }

    /// The n-th label of a mark before or behind a statement.
    fn mark(&self, at: usize, mark: &str, ahead: bool, count: usize) -> Option<usize> {
        let all = self.marks.get(mark)?;
        let next = all.partition_point(|&found| found <= at);
        let found = if ahead { next.checked_add(count)?.checked_sub(1)? } else { next.checked_sub(count)? };
        all.get(found).copied()
    }
}

/// How deep a local name is; none for names of the whole text.
fn local_depth(dialect: Option<Dialect>, name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'.', ..] => u8::try_from(name.bytes().take_while(|&byte| byte == b'.').count()).ok(),
        [b'@', ..] => u8::try_from(name.bytes().take_while(|&byte| byte == b'@').count()).ok(),
        [b'?', rest @ ..] => {
            let dots = rest.iter().take_while(|&&byte| byte == b'.').count();
            u8::try_from(dots + 1).ok()
        }
        [b'_', ..] if dialect == Some(Dialect::Wla) => Some(1),
        _ => None,
    }
}

/// Whether `?+` or `?--`, an anonymous label of a macro, is reached from before.
fn macro_mark(name: &str) -> Option<bool> {
    match name.as_bytes() {
        [b'?', sign @ (b'+' | b'-'), ..] => Some(*sign == b'+'),
        _ => None,
    }
}

/// The number that stands for a statement among owners.
fn stamp(statement: usize) -> u32 {
    u32::try_from(statement).unwrap_or(u32::MAX - 1).saturating_add(1)
}
