//! Faults that a macro explains.

use tree_sitter::Node;

use super::check::Fault;
use super::language::Language;
use super::parse::place;

/// Whether a fault stands where a macro does, so that it says nothing about the code.
pub(super) fn excuse(language: Language, fault: &Fault<'_>, text: &str) -> bool {
    match language {
        Language::Rust => fault.in_tokens || begins_attribute(fault.node, text),
        Language::Cpp => beside_macro(fault.node, text),
        Language::Python | Language::Bash | Language::Json => false,
    }
}

/// Whether what stands in a node may be anything that balances.
pub(super) fn holds_tokens(node: Node<'_>) -> bool {
    const TOKENS: [&str; 5] =
        ["attribute_item", "inner_attribute_item", "macro_invocation", "macro_definition", "token_tree"];
    TOKENS.contains(&node.kind())
}

fn begins_attribute(fault: Node<'_>, text: &str) -> bool {
    let begin = text[..place(text, fault).start].rfind('\n').map_or(0, |at| at + 1);
    text[begin..].trim_start().starts_with("#[") || text[begin..].trim_start().starts_with("#!")
}

/// Whether a line of the fault, or one beside it, has a word that looks like a macro or belongs to the preprocessor.
fn beside_macro(fault: Node<'_>, text: &str) -> bool {
    let first = fault.start_position().row.saturating_sub(1);
    let last = fault.end_position().row + 1;
    text.lines().skip(first).take(last - first + 1).any(has_macro)
}

/// Whether a line has a name in capitals at its beginning or end, or before a bracket or `::`.
fn has_macro(line: &str) -> bool {
    let line = line.trim();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    line.starts_with('#')
        || line.split(|c| !is_name(c)).filter(|word| is_capitals(word)).any(|word| {
            let start = word.as_ptr().addr() - line.as_ptr().addr();
            let (before, after) = (line[..start].trim_end(), line[start + word.len()..].trim_start());
            let word_before = before.len() < start && before.ends_with(is_name);
            let specifies = before.ends_with(')') && after.starts_with([';', '{'])
                || word_before && after.starts_with(is_name);
            let names = ["class", "struct", "public"].iter().any(|keyword| before.ends_with(keyword));
            let calls = after.starts_with('(') || after.starts_with("::");
            before.is_empty() || after.is_empty() || specifies || names || calls
        })
}

fn is_capitals(word: &str) -> bool {
    word.len() >= 3
        && word.bytes().any(|b| b.is_ascii_uppercase())
        && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_macros_only_where_macros_stand() {
        for line in [
            "MY_EXPORT int f();",
            "#if A",
            "TEST(a, b) {",
            "int f() MY_NOEXCEPT;",
            "MY_CLASS_DEC::f()",
            "static FARPROC WINAPI hook(int x) {",
        ] {
            assert!(has_macro(line), "{line}");
        }
        for line in ["int x = = MAX_SIZE + 1;", "a.B(c)", "Foo bar;", ""] {
            assert!(!has_macro(line), "{line}");
        }
    }
}
