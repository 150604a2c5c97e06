//! The canonical form of a text: equal for texts that differ only in what nobody sees.
//!
//! Texts are stored raw; the canonical form serves comparison alone. It is NFKC, without invisible characters,
//! with look-alikes folded to ASCII, in lower case, with white space folded to single spaces.

mod confusable;
mod hidden;

use hafs_proto::ContentHash;
use unicode_normalization::UnicodeNormalization;

pub use hidden::{Hidden, HiddenKind, hidden_text};

/// Raised when the form changes, because hashes of different forms cannot be compared.
const VERSION: &str = "hafs.canon.1";

/// The canonical form of a text. Idempotent.
#[must_use]
pub fn canon(text: &str) -> String {
    // Lower case can decompose and folding can compose, so the second round settles what the first has moved.
    fold_white(&fold(&fold(text)))
}

/// The hash of a sample's canonical form: equal for exact duplicates.
#[must_use]
pub fn canon_hash(instruction: &str, input: &str, output: &str) -> ContentHash {
    ContentHash::of_parts([VERSION, &canon(instruction), &canon(input), &canon(output)])
}

fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().filter(|&c| !invisible(c)).map(|c| c.to_ascii_lowercase()).collect();
    }
    text.nfkc()
        .filter(|&c| !invisible(c))
        .flat_map(char::to_lowercase)
        .map(confusable::fold)
        .flat_map(|folded| folded.chars())
        .nfkc()
        .collect()
}

/// Whether a character shows nothing and separates nothing: format characters, variation selectors, tags, controls.
const fn invisible(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{8}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}' | '\u{86}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

fn fold_white(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn disguises_of_one_text_have_one_hash() {
        let plain = canon_hash("Explain the cafe code.", "", "It opens a file.");
        for instruction in [
            "explain  THE\tcafe\ncode. ",
            "Exp\u{200d}lain the\u{200b} caf\u{2060}e code.",
            "Ex\u{0440}l\u{0430}in th\u{0435} c\u{0430}f\u{0435} c\u{043e}d\u{0435}.",
            "\u{ff25}xplain \u{ff34}he \u{ff43}afe code\u{ff0e}",
            "Explain\u{e0072}\u{e0061}\u{e0074}\u{e0065} the cafe code.",
            "Explain the\u{fe01}\u{e0101} cafe\u{ad} code.",
            "\u{202e}Explain the cafe code.\u{202c}",
            "\u{395}xplain the cafe c\u{3bf}de.",
        ] {
            assert_eq!(canon_hash(instruction, "", "It opens a file."), plain, "{instruction:?}");
        }
        assert_eq!(canon("caf\u{e9}"), canon("cafe\u{301}"), "NFC and NFD");
        assert_eq!(canon("\u{201c}a\u{201d} \u{2013} b\u{2019}s"), "\"a\" - b's");
        assert_eq!(canon("Stra\u{df}e"), canon("STRASSE"));
    }

    #[test]
    fn other_words_have_another_hash_and_fields_do_not_run_together() {
        assert_ne!(canon_hash("a", "b", "c"), canon_hash("a", "b", "d"));
        assert_ne!(canon_hash("a", "b c", ""), canon_hash("a", "b", "c"));
        assert_ne!(canon("a-b"), canon("ab"));
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_its_own_canonical_form(text in any::<String>()) {
            let once = canon(&text);
            prop_assert_eq!(canon(&once), once);
        }

        #[test]
        fn invisible_characters_and_case_change_nothing(words in prop::collection::vec("[a-zA-Z0-9]{1,8}", 1..8)) {
            let plain = words.join(" ");
            prop_assert_eq!(canon(&words.join(" \u{200b}\n\t")), canon(&plain));
            prop_assert_eq!(canon(&plain.to_uppercase()), canon(&plain));
        }
    }
}
