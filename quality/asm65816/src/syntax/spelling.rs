//! Words that are no instructions: macros of other files, instructions of other processors, slips of the hand.

use std::collections::BTreeSet;

use crate::opcodes::Mnemonic;

use super::cursor::{Cursor, clip};
use super::dialect::Dialect;
use super::head::stem;

/// What a word in the place of an instruction is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// A macro, as far as can be told.
    Macro,
    /// Nothing; with a message that says what may have been meant.
    Nonsense(String),
}

/// Instructions that people bring from other processors, and what does their work here. Sorted.
const FOREIGN: &[(&str, &str)] = &[
    ("ADD", "CLC and ADC"),
    ("ADDQ", "CLC and ADC"),
    ("CALL", "JSR or JSL"),
    ("CLR", "STZ"),
    ("DJNZ", "DEX and BNE"),
    ("HALT", "STP"),
    ("JNZ", "BNE"),
    ("JP", "JMP"),
    ("JR", "BRA"),
    ("JZ", "BEQ"),
    ("LD", "LDA"),
    ("LEA", "LDA #"),
    ("LOAD", "LDA"),
    ("MOV", "LDA and STA"),
    ("MOVE", "LDA and STA"),
    ("MUL", "the multiplication registers"),
    ("OR", "ORA"),
    ("POP", "PLA"),
    ("PUSH", "PHA"),
    ("RET", "RTS or RTL"),
    ("SHL", "ASL"),
    ("SHR", "LSR"),
    ("STORE", "STA"),
    ("SUB", "SEC and SBC"),
    ("XOR", "EOR"),
];

/// Judges a word. Every call of a macro is marked in asar, so there an unknown word is nonsense; elsewhere only what
/// looks like an instruction and cannot come from another text is. Several arguments show a macro, unless the word is a
/// slip for an instruction.
pub(super) fn judge(word: &str, dialect: Option<Dialect>, includes: bool, has_arguments: bool) -> Word {
    let lenient = match dialect {
        // A fork of asar scopes local labels by it.
        Some(Dialect::Asar) => word.eq_ignore_ascii_case("pool"),
        Some(Dialect::Ca65 | Dialect::Wla) | None => {
            includes || !looks_like_instruction(word) || (has_arguments && !is_slip(word))
        }
    };
    if lenient { Word::Macro } else { Word::Nonsense(message(word)) }
}

fn is_slip(word: &str) -> bool {
    let stem = stem(word);
    foreign(stem).is_some() || nearest(stem).is_some()
}

fn looks_like_instruction(word: &str) -> bool {
    let stem = stem(word);
    let letters = stem.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters && (stem.len() == 3 || stem.len() < word.len() || foreign(stem).is_some())
}

fn message(word: &str) -> String {
    let stem = stem(word);
    let word = clip(word);
    if let Some(meant) = foreign(stem) {
        return format!("`{word}` is no instruction of the 65816; {meant} does that here");
    }
    match nearest(stem) {
        Some(meant) => format!("`{word}` is no instruction of the 65816; did you mean {meant}?"),
        None => format!("`{word}` is no instruction, directive or macro that is known here"),
    }
}

fn foreign(stem: &str) -> Option<&'static str> {
    let upper = stem.get(..stem.len().min(8))?.to_ascii_uppercase();
    FOREIGN
        .binary_search_by(|(name, _)| (*name).cmp(&upper))
        .ok()
        .and_then(|at| FOREIGN.get(at))
        .map(|found| found.1)
}

/// The first instruction that differs in one letter, or in the order of two.
pub(crate) fn nearest(word: &str) -> Option<Mnemonic> {
    let upper: Vec<u8> = word.bytes().take(5).map(|byte| byte.to_ascii_uppercase()).collect();
    let close = |mnemonic: &&Mnemonic| {
        let name = mnemonic.upper();
        match upper.as_slice() {
            [a, b, c] => {
                let wrong =
                    usize::from(*a != name[0]) + usize::from(*b != name[1]) + usize::from(*c != name[2]);
                wrong == 1 || [*b, *a, *c] == name || [*a, *c, *b] == name
            }
            [a, b, c, _] => [*a, *b, *c] == name,
            _ => false,
        }
    };
    Mnemonic::ALL.iter().find(close).copied()
}

/// The macros and text defines of a text.
pub(super) fn macros(source: &str) -> BTreeSet<&str> {
    const OPENERS: [&str; 6] = ["macro", ".macro", ".mac", ".define", ".def", "#define"];
    let mut names = BTreeSet::new();
    for line in source.lines() {
        let line = line.trim_start();
        if !line.starts_with(['m', 'M', '.', '#']) {
            continue;
        }
        let mut words = line.split(|c: char| c.is_whitespace() || "(,;=".contains(c));
        let opens =
            words.next().is_some_and(|word| OPENERS.iter().any(|known| known.eq_ignore_ascii_case(word)));
        if opens {
            names.extend(words.find(|word| !word.is_empty()));
        }
    }
    names
}

/// Whether a text takes in other texts.
pub(super) fn includes(source: &str) -> bool {
    const WORDS: [&str; 7] = [".include", ".macpack", "incsrc", "#include", "mcopy", ".inc", "include"];
    let is_include = |line: &str| {
        let word = line.split_whitespace().next().unwrap_or("");
        WORDS.iter().any(|known| known.eq_ignore_ascii_case(word))
    };
    source.lines().any(|line| is_include(line.trim_start()))
}

/// Whether `arch` or `.setcpu` names a processor of another family.
pub(super) fn is_foreign(word: &str, cursor: &Cursor<'_, '_>) -> bool {
    const OURS: [&str; 9] =
        ["65816", "65c816", "6502", "65c02", "65sc02", "6502x", "65816s", "wdc65816", "4510"];
    if word.eq_ignore_ascii_case("endspcblock") {
        return false;
    }
    if word.eq_ignore_ascii_case("spcblock") {
        return true;
    }
    let name: String = cursor.rest().iter().map(|token| cursor.text(*token)).collect();
    let name = name.trim_matches(['"', '\'']).to_ascii_lowercase();
    !name.is_empty() && !OURS.contains(&name.as_str())
}

/// Instructions that only the sound processor of the SNES has, or only its SuperFX.
const OTHERS: [&str; 42] = [
    "addw", "bbc", "bbs", "cbne", "clr1", "clrp", "cmpw", "dbnz", "decw", "incw", "movw", "set1", "setp",
    "subw", "tcall", "xcn", "alt1", "alt2", "alt3", "cache", "cmode", "div2", "fmult", "getb", "getbh",
    "getbl", "getbs", "getc", "hib", "ibt", "iwt", "ljmp", "lmult", "lob", "plot", "ramb", "romb", "rpix",
    "sbk", "sms", "stw", "umult",
];
/// Instructions that tell our processor from these.
const OURS: [&str; 14] =
    ["jsl", "jsr", "lda", "ldx", "ldy", "rep", "rtl", "rts", "sep", "sta", "stx", "sty", "stz", "tax"];

/// Instructions of the others that may be a macro or a slip here.
const PERHAPS_OTHERS: [&str; 16] = [
    "add", "asr", "from", "link", "loop", "merge", "mov", "move", "moves", "pop", "push", "ret", "stop",
    "sub", "to", "with",
];

/// Whether a text that says nothing of it is for another processor of the SNES: it uses an instruction that only that one
/// has, not alone, and none that only ours have.
pub(super) fn is_for_another(source: &str) -> bool {
    let (mut certain, mut lines) = (false, 0_usize);
    for line in source.lines() {
        let code = line.split_once(": ").map_or(line, |(_, code)| code);
        let word = stem(code.split_whitespace().next().unwrap_or(""));
        let is = |words: &[&str]| words.iter().any(|known| known.eq_ignore_ascii_case(word));
        if is(&OURS) {
            return false;
        }
        let theirs = is(&OTHERS);
        certain |= theirs;
        lines += usize::from(theirs || is(&PERHAPS_OTHERS));
    }
    certain && lines > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_of_other_processors_are_named_with_what_does_their_work() {
        assert!(FOREIGN.is_sorted());
        assert_eq!(foreign("mov"), Some("LDA and STA"));
        let Word::Nonsense(message) = judge("MOV", None, false, true) else { panic!("a macro") };
        assert!(message.contains("LDA and STA"), "{message}");
    }

    #[test]
    fn text_for_another_processor_is_known_by_its_own_instructions_only() {
        assert!(is_for_another("mov a,#$12\nmovw ya,$10\nret\n"));
        assert!(is_for_another("  cache\n  iwt r1,#$1234\n  from r1\n  plot\n  stop\n"));
        assert!(!is_for_another("mov a,#$12\nret\n"), "that is nonsense here and no proof of anything");
        assert!(!is_for_another("movw ya,$10\nlda #$12\n"));
        assert!(!is_for_another("and #$12\nibt #$10\n"), "a slip for BIT");
    }

    #[test]
    fn slips_are_named_with_what_was_meant() {
        assert_eq!(nearest("lad"), Some(Mnemonic::Lda));
        assert_eq!(nearest("jsrl"), Some(Mnemonic::Jsr));
        assert_eq!(nearest("qqq"), None);
    }
}
