//! Does code parse, as a file or as a fragment of one.

use std::borrow::Cow;
use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::balance::is_balanced;
use super::language::Language;
use super::macros;
use super::masking;
use super::parse::{Unparsed, parse, place};

/// Problems reported for one text.
const MAX_PROBLEMS: usize = 16;

/// The longest fragment that is tried in other surroundings, in bytes.
const FRAGMENT_BYTES: usize = 64 * 1024;

/// Faults of one text that macros may explain; looking at each costs a look at the text.
const MAX_EXCUSES: usize = 256;

/// What a syntax check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Syntax {
    /// It parses, as a whole file or as a fragment.
    Clean,
    /// It does not parse in any reading; the problems of the reading as a file, never empty.
    Broken(Vec<SyntaxProblem>),
    /// It was not parsed.
    Unchecked(Unparsed),
}

/// One place that does not parse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// Where, in bytes of the code.
    pub range: Range<usize>,
    /// The line, from 1.
    pub line: u32,
    /// What is wrong, without the code's text.
    pub what: String,
}

/// What can be put around a fragment to make a file of it. Each pair adds as much as it closes, so it hides no
/// missing bracket.
const fn frames(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Cpp => &[
            ("void f() {\n", "\n}"),
            ("class T {\n", "\n};"),
            ("void f() { switch (x) {\n", "\n} }"),
            ("enum E {\n", "\n};"),
            ("auto x = \n", "\n;"),
        ],
        Language::Rust => &[
            ("fn f() {\n", "\n}"),
            ("impl T {\n", "\n}"),
            ("struct T {\n", "\n}"),
            ("fn f() { match x {\n", "\n} }"),
            ("enum T {\n", "\n}"),
        ],
        Language::Json => &[("{\n", "\n}"), ("[\n", "\n]")],
        Language::Python => &[("class T:\n", "\n")],
        Language::Bash => &[],
    }
}

/// Checks the syntax of code. A fragment (statements, methods, fields, the inside of an object) is clean when it
/// parses inside what usually surrounds it; lines of nothing but `...` stand for code left out. Code with macros that the
/// grammar cannot read is clean when its brackets balance and every problem stands at a macro.
#[must_use]
pub fn check(language: Language, code: &str) -> Syntax {
    let code = without_elisions(code);
    let tree = match parse(language, &code) {
        Ok(tree) => tree,
        Err(why) => return Syntax::Unchecked(why),
    };
    let is_balanced = is_balanced(language, &code);
    if reads(language, &code, &tree, is_balanced) {
        return Syntax::Clean;
    }
    let fragment = code.len() <= FRAGMENT_BYTES;
    for (before, after) in frames(language).iter().filter(|_| fragment) {
        let framed = format!("{before}{code}{after}");
        if parse(language, &framed).is_ok_and(|tree| reads(language, &framed, &tree, is_balanced)) {
            return Syntax::Clean;
        }
    }
    Syntax::Broken(problems(&code, &tree))
}

/// Whether a tree has no faults, or where brackets balance, none that macros do not explain: in Rust in the text itself, in
/// C++ in one of its readings.
fn reads(language: Language, text: &str, tree: &Tree, is_balanced: bool) -> bool {
    let may_have_macros = is_balanced
        && match language {
            Language::Cpp | Language::Rust => true,
            Language::Python | Language::Bash | Language::Json => false,
        };
    if !tree.root_node().has_error() || !may_have_macros {
        return !tree.root_node().has_error();
    }
    if language != Language::Cpp {
        return excused(language, tree, text);
    }
    masking::readings(text).iter().any(|reading| {
        parse(language, reading)
            .is_ok_and(|tree| !tree.root_node().has_error() || excused(language, &tree, reading))
    })
}

/// The code with lines of nothing but dots blanked; places stay where they are.
fn without_elisions(code: &str) -> String {
    code.split_inclusive('\n')
        .map(|line| match line.trim() {
            "..." | "\u{2026}" => Cow::Owned(blank(line)),
            _ => Cow::Borrowed(line),
        })
        .collect()
}

fn blank(line: &str) -> String {
    line.bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }).collect()
}

/// A place where the grammar had to guess.
pub(super) struct Fault<'tree> {
    pub(super) node: Node<'tree>,
    /// Whether it stands in an attribute or among the tokens of a macro.
    pub(super) in_tokens: bool,
}

/// The places where the grammar had to guess, in order.
fn faults(tree: &Tree) -> impl Iterator<Item = Fault<'_>> {
    let mut open = vec![Fault { node: tree.root_node(), in_tokens: false }];
    std::iter::from_fn(move || {
        loop {
            let Fault { node, in_tokens } = open.pop()?;
            if node.is_error() || node.is_missing() {
                return Some(Fault { node, in_tokens });
            }
            let in_tokens = in_tokens || macros::holds_tokens(node);
            let mut cursor = node.walk();
            let children = node.children(&mut cursor).filter(Node::has_error);
            let mut children: Vec<Fault<'_>> = children.map(|node| Fault { node, in_tokens }).collect();
            children.reverse();
            open.append(&mut children);
        }
    })
}

/// Whether macros explain every fault of a tree.
fn excused(language: Language, tree: &Tree, text: &str) -> bool {
    let mut faults = faults(tree);
    faults.by_ref().take(MAX_EXCUSES).all(|fault| macros::excuse(language, &fault, text))
        && faults.next().is_none()
}

fn problems(text: &str, tree: &Tree) -> Vec<SyntaxProblem> {
    let found: Vec<SyntaxProblem> =
        faults(tree).take(MAX_PROBLEMS).map(|fault| problem(text, fault.node)).collect();
    if found.is_empty() { vec![problem(text, tree.root_node())] } else { found }
}

fn problem(text: &str, node: Node<'_>) -> SyntaxProblem {
    let line = u32::try_from(node.start_position().row + 1).unwrap_or(u32::MAX);
    let what = if node.is_missing() {
        format!("line {line}: `{}` is missing", node.kind())
    } else {
        format!("line {line}: this does not belong here")
    };
    SyntaxProblem { range: place(text, node), line, what }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_fragments_of_every_language_are_clean() {
        for (language, code) in [
            (Language::Cpp, "#include <a>\nint main() { return 0; }"),
            (Language::Cpp, "int x = f(1);\nif (x) { g(); }"),
            (Language::Cpp, "public:\n  T() = default;\n  int get() const { return x_; }"),
            (Language::Cpp, "case 1: return 2;\ndefault: break;"),
            (Language::Rust, "fn main() { println!(\"{}\", 1); }"),
            (Language::Rust, "let x = y?;\nOk(x)"),
            (Language::Rust, "pub fn get(&self) -> u8 { self.0 }"),
            (Language::Rust, "Some(x) => x,\nNone => return,"),
            (Language::Rust, "fn a() {\n    ...\n}"),
            (Language::Python, "    def f(self):\n        return 1"),
            (Language::Python, "for i in range(3):\n    print(i)"),
            (Language::Bash, "set -e\nfor f in *.txt; do\n  cat \"$f\" | wc -l\ndone"),
            (Language::Json, "{\"a\": [1, null]}"),
            (Language::Json, "\"a\": 1,\n\"b\": 2"),
        ] {
            assert_eq!(check(language, code), Syntax::Clean, "{language:?}: {code}");
        }
    }

    #[test]
    fn broken_code_is_broken_and_the_place_is_named() {
        for (language, code, line) in [
            (Language::Cpp, "int main() {\n  return 0;\n", 3),
            (Language::Rust, "fn main() {\n    let = 1;\n}", 2),
            (Language::Python, "def f(:\n    return 1", 1),
            (Language::Bash, "if true; then\n  echo x\n", 3),
            (Language::Json, "{\"a\": 1,, \"b\": 2}", 1),
        ] {
            let Syntax::Broken(problems) = check(language, code) else {
                unreachable!("{language:?} accepts {code}");
            };
            assert!(
                problems.iter().any(|problem| problem.line.abs_diff(line) <= 2),
                "{language:?}: {problems:?}"
            );
        }
        assert_eq!(check(Language::Rust, " "), Syntax::Unchecked(Unparsed::Empty));
    }

    #[test]
    fn macros_are_excused_only_where_they_stand_and_only_when_brackets_balance() {
        let honest = "namespace a {\nMY_BEGIN_NAMESPACE\nMY_EXPORT int f() MY_NOEXCEPT;\nTEST_CASE(\"a\", \"b\") { int x = 1; }\n}";
        assert_eq!(check(Language::Cpp, honest), Syntax::Clean);
        assert!(matches!(check(Language::Cpp, &honest.replace("= 1; }", "= 1;")), Syntax::Broken(_)));
        for broken in
            ["int main() {\n\n  int x = = 3 + MAX_SIZE;\n\n}", "int f() {\n  CHECK(x);\n  int y = = 1;\n}"]
        {
            assert!(matches!(check(Language::Cpp, broken), Syntax::Broken(_)), "{broken}");
        }
        for honest in
            ["bool f(const char* my_nonnull p) { return p; }", "void f() {\n  EACH(x, xs) { g(x); }\n}"]
        {
            assert_eq!(check(Language::Cpp, honest), Syntax::Clean, "{honest}");
        }
    }
}
