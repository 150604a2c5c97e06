//! Assembly among prose: which lines of a text are code. A line is judged by its instruction and operand together,
//! never by its first word: `And then` and `Sep 2020` begin with mnemonics too.

use std::ops::Range;

use crate::encode::modes;
use crate::opcodes::Mnemonic;

use super::ast::{Instruction, Operand};
use super::cursor::Cursor;
use super::directive::{Class, classify};
use super::head::{self, Head};
use super::lexer::Lexer;
use super::operand::operand;
use super::token::{Kind, Token};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Nothing but spaces.
    Blank,
    /// Certainly assembly.
    Code,
    /// Assembly if its neighbours are: comments, labels, directives that are words too.
    Perhaps,
    /// Anything else.
    Prose,
}

/// Instructions whose names are English words or abbreviations.
const ENGLISH: &[Mnemonic] = &[
    Mnemonic::And,
    Mnemonic::Bit,
    Mnemonic::Cop,
    Mnemonic::Dec,
    Mnemonic::Inc,
    Mnemonic::Per,
    Mnemonic::Rep,
    Mnemonic::Sep,
    Mnemonic::Tax,
];

/// What may stand on a line of its own inside code: anonymous labels, and the braces that asar lets pass.
const ALONE: &[&str] = &["+", "++", "-", "--", ":", "{", "}"];

/// The runs of lines that are assembly, as byte ranges of the text. A run holds at least one line that certainly is.
#[must_use]
pub fn runs(text: &str) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut open: Option<Open> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let end = at + line.len();
        let kind = judge(line);
        if kind == Line::Prose {
            runs.extend(open.take().and_then(Open::close));
        } else if kind != Line::Blank {
            let run = open.get_or_insert(Open { start: at, end: at, certain: false });
            run.end = end;
            run.certain |= kind == Line::Code;
        }
        at = end;
    }
    runs.extend(open.and_then(Open::close));
    runs
}

struct Open {
    start: usize,
    end: usize,
    certain: bool,
}

impl Open {
    fn close(self) -> Option<Range<usize>> {
        self.certain.then_some(self.start..self.end)
    }
}

/// Judges one line.
#[must_use]
pub fn judge(line: &str) -> Line {
    let trimmed = line.trim();
    if trimmed.is_empty() {
        return Line::Blank;
    }
    if trimmed.starts_with(';') || trimmed.starts_with("//") || ALONE.contains(&trimmed) {
        return Line::Perhaps;
    }
    if trimmed.contains('`') {
        return Line::Prose;
    }
    let (mut tokens, mut lines) = (Vec::new(), 0);
    Lexer::new(line, None).line(&mut tokens, &mut lines);
    let end = first_statement(&tokens);
    let mut cursor = Cursor::new(line, None, tokens.get(..end).unwrap_or(&[]));
    let mut labels = 0;
    while let Some(label) = head::label(&mut cursor, true) {
        // A number or bullet in front of prose is no anonymous label.
        labels += usize::from(!cursor.is_done() || label.name.len() > 2);
    }
    if cursor.is_done() {
        return if labels > 0 { Line::Perhaps } else { Line::Prose };
    }
    statement(&mut cursor)
}

/// The place of the colon that parts statements.
fn first_statement(tokens: &[Token]) -> usize {
    let parts = |at: &usize| tokens[*at].is(b':') && tokens[*at].spaced;
    (1..tokens.len()).find(parts).unwrap_or(tokens.len())
}

fn statement(cursor: &mut Cursor<'_, '_>) -> Line {
    let first = cursor.peek();
    match head::head(cursor) {
        Head::Instruction(mnemonic, word, size) => {
            let read = instruction(cursor, mnemonic, word);
            if size.is_some() && read == Line::Prose { Line::Perhaps } else { read }
        }
        Head::Directive(class, word) => directive(cursor, class, word),
        Head::Assign(name) if name.starts_with('!') => Line::Code,
        Head::Assign(_) if cursor.rest().len() <= 8 => Line::Perhaps,
        Head::Origin | Head::Macro(_) => Line::Code,
        Head::BadSuffix(_) => Line::Perhaps,
        Head::Unknown(word) => unknown(cursor, word),
        Head::Placeholder if first.is_some_and(|token| token.kind == Kind::Define) => Line::Perhaps,
        Head::Assign(_) | Head::Empty | Head::Placeholder | Head::Stray => Line::Prose,
    }
}

fn instruction(cursor: &mut Cursor<'_, '_>, mnemonic: Mnemonic, word: &str) -> Line {
    let tokens = cursor.rest();
    let marked = tokens
        .first()
        .is_some_and(|token| matches!(token.sign(), b'#' | b'$') || is_hexadecimal(cursor, *token));
    let written = is_title(word) && ENGLISH.contains(&mnemonic);
    let read = operand(cursor, mnemonic);
    if let Ok((operand, size)) = read {
        let doubtful = ENGLISH.contains(&mnemonic) && is_a_word(&operand, cursor, tokens) && !is_loud(word);
        let operand_span = super::cursor::span_of(tokens);
        let instruction = Instruction { mnemonic, size, operand, operand_span, opaque: false };
        let fits = modes(&instruction, None).is_ok();
        return if marked || (fits && !doubtful && !written) { Line::Code } else { Line::Prose };
    }
    let plain = |token: &&Token| token.kind == Kind::Word && token.spaced;
    if marked && tokens.iter().filter(plain).count() < 2 { Line::Code } else { Line::Prose }
}

fn is_hexadecimal(cursor: &Cursor<'_, '_>, token: Token) -> bool {
    cursor.text(token).starts_with('$')
}

/// `And`, as a sentence begins.
fn is_title(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_uppercase()) && word.ends_with(|c: char| c.is_ascii_lowercase())
}

/// `AND`, as people write instructions.
fn is_loud(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// An operand that is a word of prose or a number as prose has it.
fn is_a_word(operand: &Operand<'_>, cursor: &Cursor<'_, '_>, tokens: &[Token]) -> bool {
    let Operand::Plain(_, None) = operand else { return false };
    let text = tokens.first().map_or("", |token| cursor.text(*token));
    tokens.len() == 1 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn directive(cursor: &Cursor<'_, '_>, class: Class, word: &str) -> Line {
    let first = cursor.peek();
    let text = first.map_or("", |token| cursor.text(token));
    let is_value = first.is_none_or(|token| {
        matches!(token.kind, Kind::Number(..) | Kind::Text | Kind::Define | Kind::Placeholder | Kind::Sigil)
            || matches!(token.sign(), b'#' | b'<' | b'>' | b'-' | b'(')
    });
    if word.starts_with('.') {
        return if classify(word) == Some(Class::Neutral) && !is_value { Line::Prose } else { Line::Perhaps };
    }
    let is_data = matches!(class, Class::Data(_));
    if (is_data || class == Class::Origin) && is_value && first.is_some() {
        Line::Code
    } else if is_value || cursor.rest().len() == 1 || (is_data && text.contains('_')) {
        Line::Perhaps
    } else {
        Line::Prose
    }
}

/// A short word with an operand that only assembly writes: an instruction that does not exist, perhaps.
fn unknown(cursor: &Cursor<'_, '_>, word: &str) -> Line {
    let rest = cursor.rest();
    let second = rest.get(1);
    let marked = second.is_some_and(|token| token.is(b'#') || is_hexadecimal(cursor, *token));
    let short =
        head::stem(word).len() <= 5 && word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'.');
    let words = rest.iter().filter(|token| token.kind == Kind::Word && token.spaced).count();
    if marked && short && words < 2 { Line::Perhaps } else { Line::Prose }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_never_code_whatever_word_it_begins_with() {
        for line in [
            "And then the routine returns.",
            "And then",
            "and then",
            "Sep 2020",
            "sep 2020",
            "Dec 25",
            "Per request",
            "Bit 7 is set when the screen is off.",
            "lda is an instruction",
            "LDA loads the accumulator.",
            "LDA #$12 loads the value 18 into A.",
            "STA $2100 writes to INIDISP, so the screen is off.",
            "RTS returns",
            "Tax it",
            "JSR pushes the return address (minus one) first.",
            "Use `LDA #$12` here.",
            "- LDA: load accumulator",
            "1. First, disable the screen.",
            "The label `Main:` is the entry.",
            "If the carry is set, branch.",
            "Check the table below.",
            "BRK and COP are software interrupts.",
            "INC adds one, DEC subtracts one.",
            "LDA (load accumulator)",
            "Table of registers",
            "",
        ] {
            assert!(matches!(judge(line), Line::Prose | Line::Blank), "{line}: {:?}", judge(line));
        }
    }

    #[test]
    fn code_is_code() {
        for line in [
            "LDA #$12",
            "    lda #$12 ; load",
            "STA $2100,x",
            "RTS",
            "rts",
            "loop: dex",
            "  BNE loop",
            "  jsr Main",
            "  AND mask_bits",
            "AND #$0F",
            "and $12",
            "REP #$30 : LDA #$1234",
            "PHP",
            "!addr = $7E0010",
            "org $008000",
            "db $00,$01",
            "%macro(1)",
            "STA #$12",
            "LDA #$GG",
            "  sep #$20",
        ] {
            assert_eq!(judge(line), Line::Code, "{line}");
        }
    }

    #[test]
    fn runs_take_their_labels_and_comments_and_nothing_of_the_prose() {
        let text = "Here it is:\n\nMain:\n  LDA #$12\n  ; note\n\n  MOV $12,$13\n  RTS\n\nIt returns. And then\nnothing.\n";
        let found: Vec<&str> = runs(text).into_iter().map(|run| &text[run]).collect();
        assert_eq!(found, ["Main:\n  LDA #$12\n  ; note\n\n  MOV $12,$13\n  RTS\n"]);
        assert_eq!(runs("Sep 2020\nNote:\n; just a comment\n"), Vec::<Range<usize>>::new());
    }
}
