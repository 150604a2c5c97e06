//! Why something was passed over. Everything that is looked at and gives no seed is counted under one of these.

use std::collections::BTreeMap;

macro_rules! skips {
    ($($variant:ident $word:literal $doc:literal;)*) => {
        /// Why a file, a commit or a part of one gave no seed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Skip {
            $(#[doc = $doc] $variant,)*
        }

        impl Skip {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word used in pages, metrics and logs.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// One line for people.
            #[must_use]
            pub const fn describe(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }
        }
    };
}

skips! {
    Binary "binary" "bytes that are no text";
    NotUtf8 "not_utf8" "text in an encoding other than UTF-8 and UTF-16";
    TooLarge "too_large" "a file over the source's limit";
    Symlink "symlink" "a symbolic link; links are never followed";
    Submodule "submodule" "another repository inside this one";
    SpecialFile "special_file" "a device, pipe or socket";
    Permission "permission" "the worker may not read it";
    Vanished "vanished" "gone between listing and reading";
    Unreadable "unreadable" "the store could not give it";
    PathTooLong "path_too_long" "a path over the limit of provenance";
    Generated "generated" "a lock file, a generated or a vendored file";
    Boilerplate "boilerplate" "a changelog, licence, list of people or template";
    Minified "minified" "lines too long for a person to have written";
    Unsupported "unsupported" "a kind of file that no miner reads";
    NoGrammar "no_grammar" "code in a language without a grammar here";
    Unparsable "unparsable" "code that its grammar does not take, or too large for it";
    Merge "merge" "a merge commit";
    ShallowBoundary "shallow_boundary" "the oldest commit of a shallow clone, whose parent is not here";
    Revert "revert" "a commit that takes another one back";
    UninformativeMessage "uninformative_message" "a message that does not say what changed";
    LargeDiff "large_diff" "a diff over the limit of bytes or lines";
    ManyFiles "many_files" "a commit that touches too many files to be explained";
    NoTextChange "no_text_change" "a change of modes, names or links only";
    SectionTooShort "section_too_short" "a section with too little prose";
    LinksOnly "links_only" "a section that is a list of links or a table of contents";
    TooLong "too_long" "a section or snippet over the limit";
    UnitTooShort "unit_too_short" "a code unit of very few lines";
    UnitTooLong "unit_too_long" "a code unit of very many lines";
    TodoWithoutText "todo_without_text" "a TODO that does not say what is to be done";
    MostlySecret "mostly_secret" "little was left after its secrets were replaced";
}

/// Counts by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Skips(BTreeMap<Skip, u32>);

impl Skips {
    /// Counts one.
    pub(crate) fn add(&mut self, skip: Skip) {
        let count = self.0.entry(skip).or_default();
        *count = count.saturating_add(1);
    }

    /// Adds the counts of another.
    pub(crate) fn merge(&mut self, other: Self) {
        for (skip, more) in other.0 {
            let count = self.0.entry(skip).or_default();
            *count = count.saturating_add(more);
        }
    }

    /// The counts by word, as a page carries them.
    pub(crate) fn into_words(self) -> BTreeMap<String, u32> {
        self.0.into_iter().map(|(skip, count)| (skip.word().to_owned(), count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_word_in_snake_case() {
        let words: std::collections::BTreeSet<_> = Skip::ALL.iter().map(|skip| skip.word()).collect();
        assert_eq!(words.len(), Skip::ALL.len());
        assert!(
            words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'8'))
        );
    }
}
