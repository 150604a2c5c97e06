//! Faults that a macro explains.

use std::ops::Range;

use tree_sitter::Node;

use super::check::Fault;
use super::language::Language;
use super::parse::place;
use super::tokens::{Kind, Lexer, Token, is_capitals, partners};

/// Whether a fault stands where a macro does, so that it says nothing about the code.
pub(super) fn excuse(language: Language, fault: &Fault<'_>, text: &str) -> bool {
    match language {
        Language::Rust => fault.in_tokens || begins_attribute(fault.node, text),
        Language::Cpp => touches_macro(fault.node, text),
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

/// Whether a fault touches a name in capitals, what stands in the brackets behind it, or a line of the preprocessor.
fn touches_macro(fault: Node<'_>, text: &str) -> bool {
    let place = place(text, fault);
    let first = text[..place.start].trim_end().len();
    let last = text.len() - text[place.end..].trim_start().len();
    macros(text).iter().any(|span| span.start <= last && first <= span.end)
}

/// The places of what may be a macro in a text of C++.
fn macros(text: &str) -> Vec<Range<usize>> {
    let tokens: Vec<Token> = Lexer::new(Language::Cpp, text).collect();
    let partners = partners(&tokens);
    let called = |at: usize| {
        let opens = tokens.get(at + 1).is_some_and(|next| next.kind == Kind::Bracket(b'('));
        partners.get(at + 1).copied().flatten().filter(|_| opens)
    };
    let place = |(at, token): (usize, &Token)| match token.kind {
        Kind::Word if is_capitals(&text[token.range.clone()]) => {
            Some(token.range.start..tokens[called(at).unwrap_or(at)].range.end)
        }
        Kind::If { .. } | Kind::Else { .. } | Kind::Endif | Kind::Error | Kind::Directive => {
            Some(token.range.clone())
        }
        Kind::Word | Kind::Literal | Kind::Bracket(_) | Kind::Sign(_) => None,
    };
    tokens.iter().enumerate().filter_map(place).collect()
}
