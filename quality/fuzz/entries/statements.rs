//! What must hold for every text that may hold statements or links.

use hafs_quality::links;
use hafs_quality::sql::{self, Sql};

/// Findings lie inside their text, and there is always an answer.
///
/// # Panics
/// When a range does not.
pub fn statements(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Sql::Broken(problems) = sql::check(&text) {
        assert!(!problems.is_empty());
        for problem in problems {
            assert!(text.get(problem.range).is_some());
        }
    }
    let found = links::links(&text);
    let places =
        found.links.iter().map(|link| &link.range).chain(found.malformed.iter().map(|one| &one.range));
    for range in places {
        assert!(text.get(range.clone()).is_some());
    }
}
