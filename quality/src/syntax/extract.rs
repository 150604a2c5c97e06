//! The code inside an answer. Prose is never counted as code, and neither are hunks or transcripts.

use std::ops::Range;

use super::language::Language;
use crate::fences;

/// A piece of code in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet<'a> {
    /// Its language.
    pub language: Language,
    /// The code.
    pub code: &'a str,
    /// Where it stands, in bytes of the answer.
    pub range: Range<usize>,
}

/// The code of an answer in a domain of `language`: fenced blocks by their tags, blocks without a tag when they look
/// like code, and an answer without fences when all of it looks like code.
#[must_use]
pub fn snippets(text: &str, language: Language) -> Vec<Snippet<'_>> {
    let blocks = fences::blocks(text);
    if blocks.is_empty() {
        let whole = Snippet { language, code: text, range: 0..text.len() };
        return if looks_like_code(text) && is_source(text) { vec![whole] } else { Vec::new() };
    }
    let known = blocks.into_iter().filter_map(|block| {
        let tagged = if block.tag.is_empty() {
            looks_like_code(block.text).then_some(language)
        } else {
            Language::of_tag(&block.tag)
        };
        tagged.map(|language| Snippet { language, code: block.text, range: block.range })
    });
    known.filter(|snippet| is_source(snippet.code)).collect()
}

/// Whether a text is source, not a hunk of a diff and not a transcript of a session, and not blank.
pub(super) fn is_source(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    let Some(first) = lines.peek() else { return false };
    let transcript = [">>> ", "$ ", "% ", "> "].iter().any(|prompt| first.trim_start().starts_with(prompt));
    let hunk =
        |line: &str| ["@@ -", "diff --git ", "--- a/", "+++ b/"].iter().any(|mark| line.starts_with(mark));
    !transcript && !lines.any(hunk)
}

/// Whether at least three of five lines look like code and fewer than one of five like a sentence.
fn looks_like_code(text: &str) -> bool {
    let (mut lines, mut code, mut sentences) = (0_usize, 0_usize, 0_usize);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        lines += 1;
        let is_code = is_code_line(line);
        code += usize::from(is_code);
        sentences += usize::from(!is_code && is_sentence(line));
    }
    lines > 0 && code * 5 >= lines * 3 && sentences * 5 < lines.max(5)
}

fn is_code_line(line: &str) -> bool {
    const BEGINS: [&str; 22] = [
        "#include", "#define", "#!", "//", "/*", "def ", "class ", "import ", "from ", "return ", "fn ",
        "let ", "pub ", "use ", "impl ", "struct ", "if (", "for (", "while (", "@", "else", "template",
    ];
    let ends = line.ends_with([';', '{', '}', ')', ',', '(', '[', ']'])
        || line.ends_with("do")
        || line.ends_with("then");
    let block =
        line.ends_with(':') && BEGINS.iter().any(|word| line.starts_with(word)) || line.ends_with("):");
    let holds =
        [" = ", "->", "=>", "::", "+=", "==", "();", "$(", "&&"].iter().any(|sign| line.contains(sign));
    let begins = BEGINS.iter().any(|word| line.starts_with(word)) && !is_sentence(line);
    (ends && !is_sentence(line)) || block || holds || begins
}

/// Whether a line reads as prose: several plain words, a capital in front or a full stop at the end.
fn is_sentence(line: &str) -> bool {
    let words = line
        .split_whitespace()
        .filter(|word| word.chars().all(|c| c.is_alphabetic() || ".,'()`-".contains(c)));
    let plain =
        words.count() * 4 >= line.split_whitespace().count() * 3 && line.split_whitespace().count() >= 4;
    plain
        && (line.starts_with(char::is_uppercase) || line.ends_with(['.', '!', '?', ':']))
        && !line.ends_with([';', '{'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn languages(text: &str) -> Vec<Language> {
        snippets(text, Language::Rust).into_iter().map(|snippet| snippet.language).collect()
    }

    #[test]
    fn fenced_code_is_found_by_its_tag_and_prose_is_not_code() {
        let text = "The function (see below) returns early;\nthen:\n```cpp\nint x;\n```\nand\n```\nlet y = 1;\n```\n";
        assert_eq!(languages(text), [Language::Cpp, Language::Rust]);
        assert_eq!(snippets(text, Language::Rust)[0].code, "int x;\n");
        for prose in [
            "It reads the file, splits it at commas and returns the parts.",
            "The change does two things:\n\n1. It adds a lock (see `a.rs`).\n2. It removes the old queue.\n",
            "Fixes the race between claim() and reap().",
        ] {
            assert_eq!(languages(prose), [], "{prose}");
        }
    }

    #[test]
    fn an_answer_of_nothing_but_code_is_code() {
        assert_eq!(languages("pub fn one() -> u8 {\n    1\n}\n"), [Language::Rust]);
        assert_eq!(snippets("def f(x):\n    return x + 1\n", Language::Python).len(), 1);
    }

    #[test]
    fn hunks_transcripts_and_plain_blocks_are_not_code() {
        for text in [
            "```diff\n-a\n+b\n```",
            "```rust\n@@ -1,2 +1,2 @@\n-let a = 1;\n+let a = 2;\n```",
            "diff --git a/x.rs b/x.rs\n--- a/x.rs\n+++ b/x.rs\n@@ -1 +1 @@\n-let a = 1;\n+let b = 1;\n",
            "```sh\n$ cargo build\n   Compiling x\n```",
            "```\nerror: could not compile the crate\n```",
            "```text\nfn x() {\n```",
            "```rust\n```",
        ] {
            assert_eq!(languages(text), [], "{text}");
        }
    }
}
