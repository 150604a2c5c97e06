//! Sections of a plain text, which has no headings: paragraphs, gathered to a useful length.

use crate::dissect::Section;

/// Bytes after which a section ends at the next blank line.
const ENOUGH: usize = 2_000;

/// Splits at blank lines, gathering paragraphs until a section is long enough.
pub(crate) fn sections(text: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut current = String::new();
    let (mut first, mut last) = (1, 1);
    for (number, line) in (1_u32..).zip(text.lines()) {
        let blank = line.trim().is_empty();
        if blank && current.len() >= ENOUGH {
            sections.push(section(&mut current, (first, last)));
        }
        if current.is_empty() && blank {
            continue;
        }
        if current.is_empty() {
            first = number;
        }
        if !blank {
            last = number;
        }
        current.push_str(line);
        current.push('\n');
    }
    if !current.is_empty() {
        sections.push(section(&mut current, (first, last)));
    }
    sections
}

fn section(current: &mut String, lines: (u32, u32)) -> Section {
    let text = current.trim_end().to_owned();
    current.clear();
    Section { heading_path: Vec::new(), text, lines }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paragraphs_are_gathered_and_the_lines_are_those_of_the_text() {
        let long = "word ".repeat(300);
        let text = format!("\n{long}\n\n{long}\n\nlast one\n\n");
        let sections = sections(&text);
        assert_eq!(sections.iter().map(|s| s.lines).collect::<Vec<_>>(), [(2, 4), (6, 6)]);
        assert_eq!(sections[1].text, "last one");
    }

    proptest! {
        #[test]
        fn no_word_is_lost(text in "[a-z \n]{0,4000}") {
            let joined: Vec<String> = sections(&text).into_iter().map(|s| s.text).collect();
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&joined.join("\n")), words(&text));
        }
    }
}
