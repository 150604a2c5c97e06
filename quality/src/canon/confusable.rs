//! Look-alikes of ASCII in other scripts, in lower case.
//!
//! A compact choice from the confusables that Unicode lists: the letters that occur in real disguises, and the
//! typographic marks that editors put in by themselves. Where upper and lower case of a foreign letter resemble
//! different Latin letters, the one is chosen that keeps the fold independent of case.
//! Source: Unicode Technical Standard 39, data file `confusables.txt`.

/// The ASCII text that a lower-case character looks like, or the character itself.
pub(super) const fn fold(c: char) -> Folded {
    let ascii = match c {
        'а' | 'α' | 'ɑ' => "a",
        'в' | 'β' => "b",
        'с' | 'ϲ' => "c",
        'ԁ' => "d",
        'е' | 'ε' | 'ҽ' => "e",
        'ɡ' | 'ց' => "g",
        'н' | 'һ' | 'η' | 'հ' => "h",
        'і' | 'ι' | 'ı' | 'ɩ' | 'ӏ' => "i",
        'ј' | 'ϳ' => "j",
        'к' | 'κ' => "k",
        'ⅼ' | 'ǀ' => "l",
        'м' | 'μ' => "m",
        'ո' | 'ռ' => "n",
        'о' | 'ο' | 'օ' | 'ഠ' => "o",
        'р' | 'ρ' => "p",
        'ԛ' => "q",
        'г' => "r",
        'ѕ' | 'ꜱ' => "s",
        'т' | 'τ' => "t",
        'υ' | 'ս' | 'ʋ' => "u",
        'ν' | 'ѵ' => "v",
        'ԝ' | 'ѡ' | 'ω' => "w",
        'х' | 'χ' => "x",
        'у' | 'γ' | 'ү' => "y",
        'ζ' | 'ᴢ' => "z",
        'ß' => "ss",
        'ς' => "σ",
        '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' | '\u{2032}' | '\u{2bc}' | '\u{b4}' => "'",
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' => "-",
        '\u{2044}' | '\u{2215}' => "/",
        '\u{2236}' | '\u{a789}' => ":",
        '\u{37e}' => ";",
        _ => return Folded::Same(c),
    };
    Folded::Ascii(ascii)
}

/// What a character folds to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folded {
    /// Itself.
    Same(char),
    /// A look-alike.
    Ascii(&'static str),
}

impl Folded {
    /// The characters to put in its place.
    pub(super) fn chars(self) -> impl Iterator<Item = char> {
        let (same, ascii) = match self {
            Self::Same(c) => (Some(c), ""),
            Self::Ascii(text) => (None, text),
        };
        same.into_iter().chain(ascii.chars())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fold_is_never_folded_again() {
        for code in 0..0x3000_u32 {
            let Some(c) = char::from_u32(code) else { continue };
            for folded in fold(c).chars() {
                assert_eq!(fold(folded), Folded::Same(folded), "{c:?} -> {folded:?}");
            }
        }
    }
}
