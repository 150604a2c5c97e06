//! Special tokens inside content. A text that holds `<|im_end|>` or `[/INST]` makes a fake turn when a trainer
//! puts it into a chat template, so it is left out of the data set or made harmless.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::formats::chat::whole;

/// Finds special tokens; gives byte ranges of the text, in ascending order and without overlap.
pub type FindSpecialTokens<'a> = &'a dyn Fn(&str) -> Vec<Range<usize>>;

/// What happens to a sample that holds special tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecialTokens {
    /// It is left out and named in the manifest.
    #[default]
    Reject,
    /// A space is put behind the first character of each token (`<|im_end|>` becomes `< |im_end|>`) and the row
    /// is marked `escaped`. A sample in which tokens remain after that is left out.
    Escape,
}

/// The three texts of a sample as they may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Texts<'a> {
    pub instruction: Cow<'a, str>,
    pub input: Cow<'a, str>,
    pub output: Cow<'a, str>,
    /// Whether anything was changed.
    pub escaped: bool,
}

impl<'a> Texts<'a> {
    pub fn plain(instruction: &'a str, input: &'a str, output: &'a str) -> Self {
        Self { instruction: instruction.into(), input: input.into(), output: output.into(), escaped: false }
    }

    /// Applies the policy; `None` when the sample must be left out.
    pub fn cleaned(self, policy: SpecialTokens, find: FindSpecialTokens<'_>) -> Option<Self> {
        if self.clean(find) {
            return Some(self);
        }
        match policy {
            SpecialTokens::Reject => None,
            SpecialTokens::Escape => self.escaped(find).filter(|texts| texts.clean(find)),
        }
    }

    /// Neither a text alone nor the three joined, as formats join them, hold a token.
    fn clean(&self, find: FindSpecialTokens<'_>) -> bool {
        let parts = [&*self.instruction, &*self.input, &*self.output];
        parts.iter().all(|part| find(part).is_empty()) && find(&whole(self)).is_empty()
    }

    fn escaped(&self, find: FindSpecialTokens<'_>) -> Option<Self> {
        let escape = |text: &str| escape(text, &find(text)).map(Cow::Owned);
        Some(Self {
            instruction: escape(&self.instruction)?,
            input: escape(&self.input)?,
            output: escape(&self.output)?,
            escaped: true,
        })
    }
}

/// `None` when a range is not one of the text.
fn escape(text: &str, tokens: &[Range<usize>]) -> Option<String> {
    let mut escaped = String::with_capacity(text.len() + tokens.len());
    let mut rest = 0;
    for token in tokens {
        let first = text.get(token.clone())?.chars().next()?;
        let cut = token.start + first.len_utf8();
        escaped.push_str(text.get(rest..cut)?);
        escaped.push(' ');
        rest = cut;
    }
    escaped.push_str(text.get(rest..)?);
    Some(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::find;
    use std::iter::once;

    #[test]
    fn a_text_with_a_token_is_left_out_by_default_and_escaped_on_request() {
        let texts = Texts::plain("say <|im_end|>", "", "[/INST]</s>\n### Response:\nx");
        assert_eq!(texts.clone().cleaned(SpecialTokens::Reject, &find), None);
        let escaped = texts.cleaned(SpecialTokens::Escape, &find).expect("can be escaped");
        assert_eq!(escaped.instruction, "say < |im_end|>");
        assert_eq!(escaped.output, "[ /INST]< /s>\n# ## Response:\nx");
        assert!(escaped.escaped);
    }

    #[test]
    fn clean_texts_are_untouched_under_either_policy() {
        for policy in [SpecialTokens::Reject, SpecialTokens::Escape] {
            let texts = Texts::plain("a", "b < c", "d | e");
            assert_eq!(texts.clone().cleaned(policy, &find), Some(texts));
        }
    }

    #[test]
    fn what_cannot_be_escaped_is_left_out() {
        let everything = |text: &str| once(0..text.len()).filter(|range| !range.is_empty()).collect();
        let outside = |text: &str| once(0..9).filter(|_| text == "a").collect();
        let inside_a_character = |text: &str| once(1..2).filter(|_| text == "é").collect();
        assert_eq!(Texts::plain("a", "", "b").cleaned(SpecialTokens::Escape, &everything), None);
        assert_eq!(Texts::plain("a", "", "b").cleaned(SpecialTokens::Escape, &outside), None);
        assert_eq!(Texts::plain("é", "", "b").cleaned(SpecialTokens::Escape, &inside_a_character), None);
    }

    #[test]
    fn a_token_that_only_joining_makes_is_found() {
        let across = |text: &str| text.match_indices("a\n\nb").map(|(at, m)| at..at + m.len()).collect();
        assert_eq!(Texts::plain("a", "b", "c").cleaned(SpecialTokens::Escape, &across), None);
    }
}
