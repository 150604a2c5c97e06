//! The signature and the documentation of a unit.

use tree_sitter::Node;

use super::grammar::is_comment;
use crate::syntax::language::Language;
use crate::syntax::parse::place;

/// Bytes of a signature.
const SIGNATURE_BYTES: usize = 512;
/// Bytes of a documentation.
const DOC_BYTES: usize = 4_096;

/// Those of the comments and attributes above a unit that touch it, without a blank line between.
pub(super) fn attached<'a, 'tree>(above: &'a [Node<'tree>], unit: Node<'tree>) -> &'a [Node<'tree>] {
    let mut below = unit.start_position().row;
    let mut first = above.len();
    for node in above.iter().rev() {
        // A line comment may end at the beginning of the next line, with its newline.
        let end = node.end_position();
        let last = if end.column == 0 { end.row.saturating_sub(1) } else { end.row };
        if last + 1 < below {
            break;
        }
        below = node.start_position().row;
        first -= 1;
    }
    &above[first..]
}

/// The head of a unit on one line.
pub(super) fn signature(text: &str, outer: Node<'_>, node: Node<'_>) -> String {
    let whole = place(text, outer);
    let end = node.child_by_field_name("body").map_or(whole.end, |body| place(text, body).start);
    let head = text[whole.start..end.max(whole.start)].split_whitespace().collect::<Vec<_>>().join(" ");
    let head = head.trim_end_matches([':', ' ', '{']);
    clip(head, SIGNATURE_BYTES)
}

/// The comment above a unit, or its docstring, without comment marks.
pub(super) fn doc(language: Language, text: &str, attached: &[Node<'_>], node: Node<'_>) -> String {
    let above: Vec<String> = attached
        .iter()
        .filter(|node| is_comment(**node))
        .flat_map(|node| text[place(text, *node)].lines())
        .map(|line| unmark(line).to_owned())
        .collect();
    let above = above.join("\n").trim().to_owned();
    let doc = if language == Language::Python { docstring(text, node).unwrap_or(above) } else { above };
    clip(&doc, DOC_BYTES)
}

fn docstring(text: &str, node: Node<'_>) -> Option<String> {
    let first = node.child_by_field_name("body")?.named_child(0)?;
    let string = if first.kind() == "expression_statement" { first.named_child(0)? } else { first };
    let raw = (string.kind() == "string").then(|| &text[place(text, string)])?;
    let inner = raw.trim_start_matches(|c: char| c.is_ascii_alphabetic()).trim_matches(['"', '\'']);
    Some(inner.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned())
}

/// A line of a comment without its marks.
fn unmark(line: &str) -> &str {
    let line = line.trim().trim_end_matches("*/");
    let marks: &[char] = &['/', '*', '!', '#', '<'];
    line.trim_start_matches(marks).trim()
}

fn clip(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}
