//! Bugs put into right code, for teaching to find them: one sign or number, of the kind that people get wrong. In
//! assembly the bug is shown to change what the code does; elsewhere it is one that still parses and changes a
//! comparison, a connective or a number.

use std::ops::Range;

use hafs_asm65816::mistakes;
use tree_sitter::Node;

use crate::gates::is_assembly;
use crate::syntax::{Language, Syntax, check, parse};

/// Mistakes that are run before a routine of assembly is given up.
const MAX_RUNS: usize = 16;
/// Places that are looked at in one piece of code.
const MAX_PLACES: usize = 500;

/// What is exchanged for what, where it is an operator between two values.
const SIGNS: &[(&str, &str)] = &[("<", "<="), (">", ">="), ("==", "!="), ("&&", "||"), ("and", "or")];
/// What is exchanged where a number stands beside it.
const COUNTS: (&str, &str) = ("+", "-");
/// Nodes whose middle is an operator, in the grammars.
const BETWEEN: &[&str] = &["binary_expression", "comparison_operator", "boolean_operator", "binary_operator"];

/// Code with one bug.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bug {
    /// The whole code with the bug in it.
    pub code: String,
    /// Its line, from 1.
    pub line: u32,
}

/// Puts a bug into code of a language. `choice` says which of those that can be made; the same choice makes the same
/// one. None when there is no place for one, when the language is not understood, or when no bug in assembly could be
/// shown to matter.
#[must_use]
pub fn put_in(language: &str, code: &str, choice: u64) -> Option<Bug> {
    if is_assembly(language) {
        return in_assembly(code, choice);
    }
    let language = match Language::of_tag(language)? {
        Language::Bash | Language::Json => return None,
        language @ (Language::Cpp | Language::Rust | Language::Python) => language,
    };
    let places = places(language, code)?;
    let (range, with) = turned(&places, choice).next()?;
    let mutated = [&code[..range.start], with, &code[range.end..]].concat();
    let line = u32::try_from(code[..range.start].matches('\n').count()).ok()? + 1;
    let is_clean = |code: &str| matches!(check(language, code), Syntax::Clean);
    (is_clean(&mutated) == is_clean(code)).then_some(Bug { code: mutated, line })
}

fn in_assembly(code: &str, choice: u64) -> Option<Bug> {
    let found = mistakes::mistakes(code).ok()?;
    let mut tried =
        turned(&found, choice).take(MAX_RUNS).map(|mistake| (mistake.line, mistake.made_in(code)));
    let (line, code) = tried.find(|(_, with_bug)| mistakes::differ(code, with_bug))?;
    Some(Bug { code, line })
}

/// All of them once, beginning with the chosen one.
fn turned<T>(all: &[T], choice: u64) -> impl Iterator<Item = &T> {
    let count = u64::try_from(all.len()).unwrap_or(1).max(1);
    let first = usize::try_from(choice % count).unwrap_or(0);
    all[first..].iter().chain(&all[..first])
}

/// Where something can be exchanged, and for what; none when the code does not parse.
fn places(language: Language, code: &str) -> Option<Vec<(Range<usize>, &'static str)>> {
    let tree = parse(language, code).ok()?;
    let mut found = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        found.extend(exchange(node, code).map(|with| (node.byte_range(), with)));
        if found.len() >= MAX_PLACES || !next(&mut cursor) {
            return Some(found);
        }
    }
}

/// Goes on to the next node, parents before children; false at the end.
fn next(cursor: &mut tree_sitter::TreeCursor<'_>) -> bool {
    if cursor.goto_first_child() {
        return true;
    }
    while !cursor.goto_next_sibling() {
        if !cursor.goto_parent() {
            return false;
        }
    }
    true
}

/// What may stand in the place of an operator.
fn exchange(node: Node<'_>, code: &str) -> Option<&'static str> {
    let parent = node.parent().filter(|parent| BETWEEN.contains(&parent.kind()))?;
    if node.is_named() || node.child_count() > 0 {
        return None;
    }
    let written = code.get(node.byte_range())?;
    let other = |(one, other): &(&'static str, &'static str)| match written {
        found if found == *one => Some(*other),
        found if found == *other => Some(*one),
        _ => None,
    };
    SIGNS.iter().find_map(other).or_else(|| other(&COUNTS).filter(|_| has_number(parent)))
}

/// Whether one side of an operator is a number, so that the other is one, too.
fn has_number(parent: Node<'_>) -> bool {
    const NUMBERS: &[&str] = &["number_literal", "integer_literal", "float_literal", "integer", "float"];
    parent.named_children(&mut parent.walk()).any(|side| NUMBERS.contains(&side.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(language: &str, code: &str) -> Vec<String> {
        let mut made: Vec<String> =
            (0..20).filter_map(|choice| Some(put_in(language, code, choice)?.code)).collect();
        made.sort();
        made.dedup();
        made
    }

    #[test]
    fn operators_are_exchanged_and_words_comments_and_texts_are_left_alone() {
        assert_eq!(
            all("cpp", "bool f(int a) {\n  // a < b && c\n  return a < 3 && g(\"x == y\");\n}\n"),
            [
                "bool f(int a) {\n  // a < b && c\n  return a < 3 || g(\"x == y\");\n}\n",
                "bool f(int a) {\n  // a < b && c\n  return a <= 3 && g(\"x == y\");\n}\n",
            ]
        );
        assert_eq!(
            all("rust", "fn f(a: Vec<u8>) -> usize { a.len() - 1 }"),
            ["fn f(a: Vec<u8>) -> usize { a.len() + 1 }"]
        );
        assert_eq!(all("python", "def f(a):\n    return a != 1 or a\n").len(), 2);
    }

    #[test]
    fn the_line_of_the_bug_is_where_the_codes_differ() {
        let code = "int f(int a) {\n  int b = a;\n  return b == 2;\n}\n";
        let bug = put_in("cpp", code, 7).expect("a place");
        let differing = code.lines().zip(bug.code.lines()).position(|(right, wrong)| right != wrong);
        assert_eq!((bug.line, differing), (3, Some(2)));
    }

    #[test]
    fn a_bug_in_assembly_is_one_that_shows() {
        let bug = put_in("asm", "f:\n  LDX #$00\n- STZ $0200,x\n  INX\n  CPX #$20\n  BNE -\n  RTS\n", 3)
            .expect("a bug");
        assert!((2..=6).contains(&bug.line));
        assert_eq!(put_in("asm", "f:\n  JSR a\n  RTS\n", 0), None);
    }

    #[test]
    fn where_no_bug_can_be_made_there_is_none() {
        for (language, code) in [
            ("cpp", "void f() { g(); }"),
            ("cpp", ""),
            ("json", "{\"a\": 1}"),
            ("bash", "[ 1 -lt 2 ] && x"),
            ("cobol", "ADD 1 TO A"),
            ("cpp", "std::string f(std::string a) { return a + b; }"),
            ("rust", "fn f() -> Vec<u8> { Vec::<u8>::new() }"),
        ] {
            assert_eq!(put_in(language, code, 0), None, "{code}");
        }
    }
}
