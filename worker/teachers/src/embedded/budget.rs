//! Room for each string of a reply, so that a model that will not stop leaves some for the strings after it.

use super::schema::Automaton;

/// What to do with the next token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Room {
    /// There is room.
    Free,
    /// A sentence has ended in the last quarter of the string's share: the string ends here.
    CloseText,
    /// The string's share is used up in the middle of a sentence.
    UsedUp,
}

/// The budget of a reply of `limit` tokens.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    /// The string that the two marks below are for, counted from 1.
    text: usize,
    soft: usize,
    hard: usize,
}

impl Budget {
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, text: 0, soft: 0, hard: 0 }
    }

    /// Looks at what is written with `used` tokens so far. A string that begins gets an equal share with those that
    /// have to follow; what one leaves over goes to the next.
    pub(super) fn room(&mut self, automaton: &Automaton, written: &[u8], used: usize) -> Room {
        if !automaton.in_text() {
            return Room::Free;
        }
        if automaton.texts() != self.text {
            self.text = automaton.texts();
            let to_come = automaton.closing().map_or(0, |closing| closing.texts);
            let share = self.limit.saturating_sub(used) / (1 + to_come);
            self.soft = used + share / 4 * 3;
            self.hard = used + share;
        }
        if used >= self.soft && automaton.can_close_text() && ends_sentence(written) {
            Room::CloseText
        } else if used >= self.hard {
            Room::UsedUp
        } else {
            Room::Free
        }
    }
}

/// Whether a text may well end here: after a sentence that is more than the number of a list, or a block of code.
fn ends_sentence(written: &[u8]) -> bool {
    match written {
        [.., b'`', b'`', b'`'] => true,
        [.., before, b'.' | b'!' | b'?'] => {
            before.is_ascii_alphabetic() || matches!(before, b')' | b'`' | b'\'')
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::super::schema::Grammar;
    use super::*;

    fn writing(text: &str) -> Automaton {
        let schema = json!({"type": "object", "required": ["a", "b"],
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}}});
        let mut automaton = Automaton::new(Arc::new(Grammar::compile(&schema).expect("compiles")));
        assert!(automaton.push_all(text.as_bytes()), "{text}");
        automaton
    }

    #[test]
    fn the_first_of_two_strings_gets_half_and_ends_at_a_sentence_in_its_last_quarter() {
        let mut budget = Budget::new(100);
        assert_eq!(budget.room(&writing(r#"{"a":"#), b"", 3), Room::Free, "no string yet");
        let begun = writing(r#"{"a":"It is"#);
        assert_eq!(budget.room(&begun, b"It is", 4), Room::Free);
        let sentence = writing(r#"{"a":"It is."#);
        assert_eq!(budget.room(&sentence, b"It is.", 20), Room::Free, "too early to end it");
        assert_eq!(budget.room(&sentence, b"It is.", 40), Room::CloseText);
        assert_eq!(budget.room(&begun, b"It is", 40), Room::Free);
        assert_eq!(budget.room(&begun, b"It is", 52), Room::UsedUp);
        let last = writing(r#"{"a":"","b":"x"#);
        assert_eq!(budget.room(&last, b"x", 30), Room::Free);
        assert_eq!(budget.room(&last, b"x", 99), Room::Free, "the last one may use all that is left");
        assert_eq!(budget.room(&last, b"x", 100), Room::UsedUp);
    }

    #[test]
    fn the_number_of_a_list_is_no_sentence() {
        assert!(ends_sentence(b"done.") && ends_sentence(b"f()!") && ends_sentence(b"}\\n```"));
        assert!(!ends_sentence(b"\\n2.") && !ends_sentence(b"done") && !ends_sentence(b""));
    }
}
