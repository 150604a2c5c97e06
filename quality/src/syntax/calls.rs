//! The calls of a source file, by the last word of what is called.

use std::ops::Range;

use tree_sitter::Node;

use super::language::Language;
use super::parse::{Unparsed, parse, place};

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The last word of what is called: `claim` of `self.queue.claim(now)`.
    pub name: String,
    /// Where the whole call stands.
    pub range: Range<usize>,
}

/// The calls of a file in order of place. What is called through an expression has no name and is left out.
///
/// # Errors
/// [`Unparsed`] when the file is empty, too large or too hard to parse.
pub fn calls(language: Language, text: &str) -> Result<Vec<Call>, Unparsed> {
    let tree = parse(language, text)?;
    let mut found = Vec::new();
    let mut open = vec![tree.root_node()];
    while let Some(node) = open.pop() {
        if matches!(node.kind(), "call_expression" | "call")
            && let Some(name) = node.child_by_field_name("function").and_then(last_word)
        {
            found.push(Call { name: text[place(text, name)].to_owned(), range: place(text, node) });
        }
        let mut cursor = node.walk();
        open.extend(node.children(&mut cursor));
    }
    found.sort_by_key(|call| (call.range.start, call.range.end));
    Ok(found)
}

/// The identifier that a path, a member access or a template ends with.
fn last_word(mut node: Node<'_>) -> Option<Node<'_>> {
    loop {
        if matches!(node.kind(), "identifier" | "field_identifier") {
            return Some(node);
        }
        let part = ["field", "attribute", "name", "function"].into_iter();
        node = part.filter_map(|part| node.child_by_field_name(part)).next()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(language: Language, text: &str) -> Vec<String> {
        calls(language, text).expect("parses").into_iter().map(|call| call.name).collect()
    }

    #[test]
    fn a_call_is_known_by_the_last_word_of_what_is_called() {
        assert_eq!(
            names(Language::Cpp, "void f() { a(); b.c(); d->e(); x::y(); g<int>(1); }"),
            ["a", "c", "e", "y", "g"]
        );
        assert_eq!(names(Language::Rust, "fn f() { a(); b.c(); x::y(); g::<u8>(); }"), ["a", "c", "y", "g"]);
        assert_eq!(names(Language::Python, "def f():\n  a()\n  b.c(d())\n"), ["a", "c", "d"]);
    }

    #[test]
    fn what_is_called_through_an_expression_has_no_name() {
        assert_eq!(names(Language::Python, "(a or b)()\nx[0]()\n"), Vec::<String>::new());
    }
}
