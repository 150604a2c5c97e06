//! Whether a section holds enough prose to ask about.

use std::sync::LazyLock;

use regex::Regex;

use crate::skip::Skip;

/// Words that a section needs: about two sentences.
const WORDS: usize = 25;
/// Letters that count as one word where a script puts no spaces between words.
const LETTERS_OF_WORD: usize = 2;

static LINKS: LazyLock<Regex> = LazyLock::new(|| {
    // Proof: a literal pattern, compiled by every test of this file.
    Regex::new(r"!?\[[^\]]*\]\([^)]*\)|\[[^\]]*\]\[[^\]]*\]|<?https?://\S+").expect("a pattern that parses")
});

/// Judges a section, code fences left out.
///
/// # Errors
/// [`Skip::SectionTooShort`] with too few words, [`Skip::LinksOnly`] when most of them stand in links.
pub(crate) fn judge(section: &str) -> Result<(), Skip> {
    let prose = without_fences(section);
    if words(&prose) < WORDS {
        return Err(Skip::SectionTooShort);
    }
    if words(&LINKS.replace_all(&prose, " ")) < WORDS {
        return Err(Skip::LinksOnly);
    }
    Ok(())
}

fn without_fences(section: &str) -> String {
    let mut fenced = false;
    let mut prose = String::with_capacity(section.len());
    for line in section.lines() {
        let fence = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        fenced ^= fence;
        if !fence && !fenced {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    prose
}

/// Words with at least two letters; in scripts without spaces, pairs of letters.
pub(crate) fn words(text: &str) -> usize {
    text.split(|c: char| !c.is_alphanumeric())
        .map(|word| {
            let wide = word.chars().filter(|c| *c >= '\u{2e80}').count();
            let narrow = word.chars().filter(|c| c.is_alphabetic() && *c < '\u{2e80}').count();
            usize::from(narrow >= 2) + wide / LETTERS_OF_WORD
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROSE: &str = "The queue holds only an index of open tasks. When it is lost, the coordinator rebuilds it \
                         from the library under a new generation, and claims go on after that.";

    #[test]
    fn two_sentences_are_enough_and_a_heading_is_not() {
        assert_eq!(judge(PROSE), Ok(()));
        assert_eq!(judge("## Setup\n\nSee below."), Err(Skip::SectionTooShort));
    }

    #[test]
    fn code_in_fences_is_no_prose() {
        assert_eq!(judge(&format!("```text\n{PROSE}\n```\nDone.")), Err(Skip::SectionTooShort));
    }

    #[test]
    fn a_table_of_contents_is_links_only() {
        let list: String = (0..20).map(|n| format!("- [The chapter number {n}](#c{n})\n")).collect();
        assert_eq!(judge(&list), Err(Skip::LinksOnly));
    }

    #[test]
    fn scripts_without_spaces_count_by_letters() {
        assert_eq!(words("队列只保存任务的索引"), 5);
        assert_eq!(words("a bc 12 Größe"), 2);
    }
}
