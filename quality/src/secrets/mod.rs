//! Secrets and private data in text: a table of rules, and an engine that runs it.
//!
//! A keyword prefilter picks the rules whose words occur; their regular expressions run in linear time; entropy
//! and placeholder tests drop what only looks like a secret. Keys are also looked for in base64 and across line
//! breaks. Where in doubt about a key, the engine takes it for one: a key in a data set cannot be called back.
//!
//! | module | does |
//! |---|---|
//! | `rule`, `rules` | the rules as data, each with examples that it finds and examples that it must not find |
//! | `engine` | prefilter, expressions, overlaps |
//! | `disguise` | base64 and keys broken over lines |
//! | `judgement` | entropy, placeholders, identifiers |

mod disguise;
mod engine;
mod judgement;
mod rule;
mod rules;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod properties;

use std::ops::Range;

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Something that opens a door: a key, token, password.
    Key,
    /// Something that points at a person or a network: an address, a number, a user name.
    Pii,
}

/// One finding. It says where, never what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The rule's name, such as `github-token`.
    pub rule: &'static str,
    /// What kind of thing it is.
    pub class: Class,
    /// Where, in bytes.
    pub range: Range<usize>,
}

/// Passes of [`redact`] before it gives up on a text and blanks all of it. A pass can uncover a secret that stood
/// against another one; honest texts need two.
const MAX_PASSES: usize = 16;

/// Everything that a text should not tell, in order of place and without overlaps.
#[must_use]
pub fn scan(text: &str) -> Vec<Hit> {
    engine::scan(text)
}

/// The text with every finding of both classes replaced by a placeholder such as `[REDACTED:github-token]`, and
/// the number of replacements. Idempotent: the result has no findings.
#[must_use]
pub fn redact(text: &str) -> (String, u32) {
    let mut clean = text.to_owned();
    let mut count = 0_u32;
    for _ in 0..MAX_PASSES {
        let hits = scan(&clean);
        if hits.is_empty() {
            return (clean, count);
        }
        count = count.saturating_add(u32::try_from(hits.len()).unwrap_or(u32::MAX));
        clean = replace(&clean, &hits);
    }
    ("[REDACTED:unreadable]".to_owned(), count)
}

fn replace(text: &str, hits: &[Hit]) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut at = 0;
    for hit in hits {
        clean.push_str(&text[at..hit.range.start]);
        clean.push_str("[REDACTED:");
        clean.push_str(hit.rule);
        clean.push(']');
        at = hit.range.end;
    }
    clean.push_str(&text[at..]);
    clean
}
