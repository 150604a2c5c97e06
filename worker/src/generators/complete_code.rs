//! Completes code: the teacher says what the code must do, the input is its beginning, the output its real rest.

use hafs_proto::{Reason, SeedKind};

use super::error::Unfit;
use super::generator::{Generator, Yield};
use super::plan::{Ask, Part, Plan};

pub(super) const GENERATOR: Generator = Generator {
    name: "complete-code",
    seeds: &[SeedKind::CodeUnit],
    fields: &["instruction"],
    yields: Yield::One,
    plan,
};

/// Lines with something on them that the rest must have: fewer teach nothing.
const FEWEST_LINES: usize = 2;

fn plan(ask: &Ask<'_>) -> Result<Plan, Unfit> {
    let code = ask.whole_code()?;
    let (beginning, rest) = split(code, ask.context("signature")).ok_or_else(|| {
        Unfit::new(Reason::TooShort, format!("the code has no rest of {FEWEST_LINES} lines to complete"))
    })?;
    Ok(Plan {
        material: format!("File: {}\n\n{code}", ask.path()),
        question: String::new(),
        instruction: Part::Field("instruction"),
        input: Part::Given(beginning.to_owned()),
        output: Part::Given(rest.to_owned()),
    })
}

/// Splits after the lines that hold the signature, or after the first third when there is none in the text.
fn split<'a>(code: &'a str, signature: &str) -> Option<(&'a str, &'a str)> {
    let signature = signature.trim();
    let after_signature =
        code.find(signature).filter(|_| !signature.is_empty()).map(|at| at + signature.len());
    let after = after_signature.or_else(|| {
        let third = code.lines().count() / 3;
        code.match_indices('\n').nth(third.saturating_sub(1)).map(|(at, _)| at)
    })?;
    let cut = after + code[after..].find('\n')? + 1;
    let (beginning, rest) = code.split_at(cut);
    let lines = rest.lines().filter(|line| !line.trim().is_empty()).count();
    (lines >= FEWEST_LINES).then_some((beginning, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn code_is_split_after_its_signature_or_its_first_third() {
        let code = "/// Doc.\nfn add(a: u8,\n    b: u8) -> u8 {\n    let sum = a + b;\n    sum\n}\n";
        let (beginning, rest) = split(code, "fn add(a: u8,\n    b: u8) -> u8").expect("splits");
        assert!(beginning.ends_with("-> u8 {\n") && rest.starts_with("    let sum"));
        let (beginning, _) = split("a\nb\nc\nd\ne\nf\n", "").expect("splits");
        assert_eq!(beginning, "a\nb\n");
        assert_eq!(split("fn f() {}\n", "fn f()"), None);
    }

    proptest! {
        #[test]
        fn the_two_parts_are_always_the_whole(code in "([a-z {}]{0,12}\n){0,12}", signature in "[a-z ]{0,4}") {
            if let Some((beginning, rest)) = split(&code, &signature) {
                prop_assert_eq!(format!("{beginning}{rest}"), code);
            }
        }
    }
}
