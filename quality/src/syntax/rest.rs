//! An answer that goes on where its input stops.

use super::check::{Syntax, check};
use super::extract::is_source;
use super::language::Language;
use crate::fences;

/// The beginning and the answer as one text, where the answer is the rest of the code that the input begins: one of them
/// alone does not parse, both together do. Nothing where the answer has fences, for it then stands for itself.
#[must_use]
pub fn continued(language: Language, input: &str, output: &str) -> Option<String> {
    let could = is_source(input) && is_source(output) && fences::blocks(output).is_empty();
    let broken = |code| matches!(check(language, code), Syntax::Broken(_));
    if !could || !(broken(output) || broken(input)) {
        return None;
    }
    let whole = [input, output].concat();
    (check(language, &whole) == Syntax::Clean).then_some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_function_is_read_behind_its_beginning_in_every_style_of_braces() {
        for (language, input, output) in [
            (Language::Cpp, "int twice(int a) {\n", "  const int sum = a + a;\n  return sum;\n}\n"),
            (Language::Cpp, "static int twice(int a)\n", "{\n\tconst int sum = a + a;\n\treturn sum;\n}"),
            (Language::Rust, "fn twice(a: u8) -> u16 {\n", "    let a = u16::from(a);\n    a + a\n}\n"),
            (
                Language::Python,
                "def twice(a):\n    if a:\n",
                "        return a + a\n    else:\n        return 0\n",
            ),
        ] {
            let whole = continued(language, input, output).unwrap_or_else(|| panic!("{input}{output}"));
            assert!(whole.starts_with(input) && whole.ends_with(output));
        }
    }

    #[test]
    fn what_is_no_rest_stands_for_itself() {
        let function = "int twice(int a) {\n  return a + a;\n}\n";
        for (input, output) in [
            ("", function),
            (function, function),
            ("Write a function that doubles its argument.", function),
            ("int twice(int a) {\n", "  return a + a;\n"),
            ("int twice(int a) {\n", "```cpp\n  return a + a;\n}\n```\n"),
        ] {
            assert_eq!(continued(Language::Cpp, input, output), None, "{input}{output}");
        }
    }
}
