//! The one door to `hafs_quality` and `hafs_asm65816`: sections, code units, secrets.

use std::sync::LazyLock;

use hafs_asm65816::rewrites::{Goal, Original};
use hafs_asm65816::units as assembly;
use hafs_quality::syntax::{Language, UnitKind, Unparsed};
use hafs_quality::{secrets, sections as markdown, syntax};
use regex::Regex;

use crate::skip::Skip;

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    /// The headings above it and its own, outermost first; empty where there are none.
    pub(crate) heading_path: Vec<String>,
    /// All of it, heading included.
    pub(crate) text: String,
    /// First and last line, from 1.
    pub(crate) lines: (u32, u32),
}

/// The sections of a Markdown document.
pub(crate) fn sections(text: &str) -> Vec<Section> {
    let found = markdown::sections(text).into_iter();
    found
        .map(|section| Section {
            heading_path: section.path,
            text: text[section.range].trim_end().to_owned(),
            lines: section.lines,
        })
        .collect()
}

/// A part of a source file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    /// `function`, `class`...
    pub(crate) kind: &'static str,
    /// Its name inside the file: `Queue::claim`.
    pub(crate) name: String,
    /// Its head on one line.
    pub(crate) signature: String,
    /// The comment above it, without comment signs; may be empty.
    pub(crate) doc: String,
    /// All of it, at the indentation of its first line.
    pub(crate) text: String,
    /// First and last line, from 1.
    pub(crate) lines: (u32, u32),
}

/// The language of assembly files. What is not for the 65816 has no units.
const ASSEMBLY: &str = "asm";

/// Whether files of a language of the miners' table have units.
pub(crate) fn has_units(language: &str) -> bool {
    language == ASSEMBLY || grammar(language).is_some_and(|grammar| grammar != Language::Json)
}

fn grammar(language: &str) -> Option<Language> {
    Language::of_tag(language)
}

/// The units of a source file. `impl` blocks are left out, because their methods are there.
///
/// # Errors
/// [`Skip::Unparsable`] when the file is too large or too hard to parse.
pub(crate) fn units(language: &str, text: &str) -> Result<Vec<Unit>, Skip> {
    if language == ASSEMBLY {
        return routines(text);
    }
    let grammar = grammar(language).ok_or(Skip::NoGrammar)?;
    let found = match syntax::units(grammar, text) {
        Ok(found) => found,
        Err(Unparsed::Empty) => Vec::new(),
        Err(Unparsed::TooLarge { .. } | Unparsed::TooMuchWork) => return Err(Skip::Unparsable),
    };
    let kept = found.into_iter().filter(|unit| unit.kind != UnitKind::Impl);
    Ok(kept
        .map(|unit| Unit {
            kind: unit.kind.word(),
            name: unit.id,
            signature: unit.signature,
            doc: unit.doc,
            text: dedent(text, unit.range.start, unit.range.end),
            lines: unit.lines,
        })
        .collect())
}

/// The routines of an assembly file.
fn routines(text: &str) -> Result<Vec<Unit>, Skip> {
    let found = assembly::units(text).map_err(|_| Skip::Unparsable)?;
    let unit = |unit: assembly::Unit<'_>| Unit {
        kind: "function",
        name: unit.name.to_owned(),
        signature: text[unit.range.clone()].lines().next().unwrap_or_default().trim().to_owned(),
        doc: unit.doc,
        text: text[unit.range].to_owned(),
        lines: unit.lines,
    };
    Ok(found.into_iter().map(unit).collect())
}

/// What a unit can be rewritten for, in words: whoever runs the rewritten one must be able to run it, too.
pub(crate) fn rewrites(language: &str, text: &str) -> String {
    if language != ASSEMBLY {
        return String::new();
    }
    Original::goals(text).into_iter().map(Goal::word).collect::<Vec<_>>().join(" ")
}

/// A part of a text with the indentation of its first line taken off every line that has it.
fn dedent(text: &str, start: usize, end: usize) -> String {
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let indent = &text[line_start..start];
    let part = &text[start..end];
    if indent.is_empty() || !indent.trim().is_empty() {
        return part.to_owned();
    }
    let lines: Vec<_> = part.split('\n').map(|line| line.strip_prefix(indent).unwrap_or(line)).collect();
    lines.join("\n")
}

/// A text without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Clean {
    /// The text with placeholders.
    pub(crate) text: String,
    /// How many were replaced.
    pub(crate) count: u32,
    /// Bytes that are gone.
    pub(crate) removed: usize,
}

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| {
    // Proof: a literal pattern, compiled by every test of this file.
    Regex::new(r"\[REDACTED:[a-z0-9_-]{1,64}\]").expect("a pattern that parses")
});

/// Replaces every secret and private datum of a text.
pub(crate) fn redact(text: &str) -> Clean {
    let (clean, count) = secrets::redact(text);
    let placeholders: usize = PLACEHOLDER.find_iter(&clean).map(|found| found.len()).sum();
    let removed = if count == 0 { 0 } else { text.len().saturating_sub(clean.len() - placeholders) };
    Clean { text: clean, count, removed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_keep_their_own_indentation_only() {
        let code = "impl A {\n    fn b(&self) {\n        c();\n    }\n}\n";
        let units = units("rust", code).expect("parses");
        assert_eq!(units.iter().map(|unit| unit.kind).collect::<Vec<_>>(), ["method"]);
        assert_eq!(units[0].text, "fn b(&self) {\n    c();\n}");
        assert_eq!(units[0].lines, (2, 4));
    }

    #[test]
    fn c_shares_the_grammar_of_its_successor_and_lua_has_none() {
        assert!(has_units("c") && has_units("cpp") && has_units("bash"));
        assert!(!has_units("lua") && !has_units("json") && !has_units("markdown"));
    }

    #[test]
    fn what_redaction_took_is_measured_without_its_placeholders() {
        let key = ["gh", "p_", "x7Kd93LmQpZt4VbN2cRw8YsHf6JgTa1EuDo5"].concat();
        let clean = redact(&format!("token {key} here"));
        assert!(clean.count >= 1 && !clean.text.contains(&key), "{clean:?}");
        assert!(clean.removed >= 30, "{clean:?}");
        assert_eq!(redact("plain words").removed, 0);
    }
}
