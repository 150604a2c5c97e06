//! Training formats: one row type a file.
//!
//! Every row of a file has the same keys with the same types, none of them null or a list that may be empty, so
//! that a loader that infers the schema from the first rows is right about the last. Chat formats hold roles and
//! texts and never a rendered template: the trainer's own template adds the special tokens, once.

pub(crate) mod alpaca;
pub(crate) mod chat;
pub(crate) mod dpo;
pub(crate) mod kto;
pub(crate) mod line;
pub(crate) mod messages;
pub(crate) mod meta;
pub(crate) mod sharegpt;
pub(crate) mod text;

use hafs_proto::SampleId;
use serde::{Serialize, de::DeserializeOwned};

pub(crate) use meta::Meta;

/// The three texts that every row can be turned back into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Triple {
    pub instruction: String,
    pub input: String,
    pub output: String,
}

/// One sample as a row shows it.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub sample: SampleId,
    /// Whether the row offers it as a good answer.
    pub good: bool,
    pub triple: Triple,
    pub meta: &'a Meta,
}

/// A row of a data file.
pub(crate) trait Row: Serialize + DeserializeOwned {
    /// What makes the row different from all others of its file.
    fn key(&self) -> String;

    /// The metadata of the row's first answer.
    fn meta(&self) -> &Meta;

    /// The samples in the row; `None` when its texts do not have the shape of the format.
    fn answers(&self) -> Option<Vec<Answer<'_>>>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selection::tests::example;
    use crate::special::Texts;
    use hafs_proto::sample::content_hash;
    use proptest::prelude::*;

    fn text(min: usize) -> impl Strategy<Value = String> {
        let hostile = prop::sample::select(vec![
            "\n\n",
            "\r\n",
            "\u{2028}",
            "\u{2029}",
            "\u{85}",
            "\u{feff}",
            "### Response:",
            "<|im_end|>",
            "\u{7f}",
            "\\",
            "\"",
            "🦀",
            "é",
            "\t",
            "a",
        ]);
        let piece = prop_oneof![hostile.prop_map(str::to_owned), "[ -~]{0,6}"];
        prop::collection::vec(piece, min..8).prop_map(|pieces| format!("x{}", pieces.concat()))
    }

    fn input() -> impl Strategy<Value = String> {
        prop_oneof![Just(String::new()), text(0)]
    }

    fn reread<R: Row>(row: &R) -> Result<R, TestCaseError> {
        let mut bytes = Vec::new();
        line::write(&mut bytes, row).expect("writes");
        let line = String::from_utf8(bytes).expect("UTF-8");
        prop_assert_eq!(line.chars().filter(|c| c.is_control()).collect::<String>(), "\n");
        let one_line = line.ends_with('\n') && !line.contains(['\u{2028}', '\u{2029}', '\u{feff}']);
        prop_assert!(one_line, "{:?}", line);
        Ok(serde_json::from_str(&line).expect("parses"))
    }

    fn comes_back<R: Row>(row: &R, triple: &Triple) -> Result<(), TestCaseError> {
        let row = reread(row)?;
        let answers = row.answers().expect("has the shape of its format");
        let good = &answers[0];
        prop_assert_eq!(&good.triple, triple);
        prop_assert_eq!(
            content_hash(&triple.instruction, &triple.input, &triple.output),
            good.meta.content_hash
        );
        Ok(())
    }

    proptest! {
        #[test]
        fn every_format_gives_back_the_three_texts(instruction in text(0), input in input(), output in text(0)) {
            let source = crate::fixture::row(1);
            let mut example = example(&source);
            example.texts = Texts::plain(&instruction, &input, &output);
            let triple = Triple { instruction: instruction.clone(), input: input.clone(), output: output.clone() };
            comes_back(&alpaca::Row::of(&example), &triple)?;
            comes_back(&messages::Row::of(&example), &triple)?;
            comes_back(&sharegpt::Row::of(&example), &triple)?;
            comes_back(&text::Row::of(&example), &triple)?;
            comes_back(&kto::Row::of(&example), &triple)?;
        }
    }
}
