//! What the names of a text stand for: labels of every scope, anonymous labels, assigned names.

mod build;
mod missing;

use std::collections::BTreeMap;

use crate::syntax::{Anonymous, Dialect, Expr};

pub use build::names;
pub use missing::{duplicates, undefined};

/// Where a statement stands among scopes and labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    /// The scope it is in; 0 is the text itself.
    scope: u32,
    /// One more than the statement of the last plain label; 0 before the first.
    parent: u32,
    /// The same of the last local label of the first depth.
    sub: u32,
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
    local: BTreeMap<(u32, &'s str), usize>,
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
    /// The statement that defines the label which a name means at statement `at`.
    #[must_use]
    pub fn label(&self, at: usize, name: &str) -> Option<usize> {
        let place = self.places.get(at)?;
        if let Some(depth) = local_depth(self.dialect, name) {
            let parent = if depth > 1 { place.sub } else { place.parent };
            return self.local.get(&(parent, name)).copied();
        }
        let mut scope = place.scope;
        loop {
            if let Some(found) = self.plain.get(&(scope, name)) {
                return Some(*found);
            }
            if scope == 0 {
                return None;
            }
            scope = self.scopes.get(scope as usize).copied().unwrap_or(0);
        }
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
        let (marks, ahead, count) = match reference {
            Anonymous::Forward(count) => (FORWARD.get(..usize::from(count))?, true, 1),
            Anonymous::Backward(count) => (BACKWARD.get(..usize::from(count))?, false, 1),
            Anonymous::UnnamedForward(count) => (":", true, usize::from(count)),
            Anonymous::UnnamedBackward(count) => (":", false, usize::from(count)),
        };
        let all = self.marks.get(marks)?;
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
        [b'?', ..] => Some(1),
        [b'_', ..] if dialect == Some(Dialect::Wla) => Some(1),
        _ => None,
    }
}

/// The number that stands for a statement among parents.
fn stamp(statement: usize) -> u32 {
    u32::try_from(statement).unwrap_or(u32::MAX - 1).saturating_add(1)
}
