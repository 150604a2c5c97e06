//! Which assembler a text is written for.

use crate::opcodes::Mnemonic;

/// The assemblers whose dialects are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// asar, and xkas before it.
    Asar,
    /// ca65 of cc65.
    Ca65,
    /// WLA-DX.
    Wla,
}

impl Dialect {
    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asar => "asar",
            Self::Ca65 => "ca65",
            Self::Wla => "wla-dx",
        }
    }
}

/// Words that begin a line in one dialect only, sorted.
const ASAR: &[&str] = &[
    "arch",
    "assert",
    "autoclean",
    "base",
    "check",
    "cleartable",
    "db",
    "dd",
    "dl",
    "dw",
    "elseif",
    "endif",
    "endmacro",
    "exhirom",
    "exlorom",
    "fill",
    "fillbyte",
    "freecode",
    "freedata",
    "freespace",
    "fullsa1rom",
    "hirom",
    "if",
    "incbin",
    "incsrc",
    "lorom",
    "macro",
    "namespace",
    "norom",
    "org",
    "pad",
    "padbyte",
    "pullbase",
    "pullpc",
    "pushbase",
    "pushpc",
    "sa1rom",
    "sfxrom",
    "skip",
    "struct",
    "table",
    "warnpc",
];
const CA65: &[&str] = &[
    ".a16",
    ".a8",
    ".addr",
    ".asciiz",
    ".autoimport",
    ".bss",
    ".byt",
    ".byte",
    ".charmap",
    ".code",
    ".dbyt",
    ".dword",
    ".endmacro",
    ".endproc",
    ".endrep",
    ".endrepeat",
    ".endscope",
    ".export",
    ".exportzp",
    ".faraddr",
    ".feature",
    ".global",
    ".globalzp",
    ".i16",
    ".i8",
    ".import",
    ".importzp",
    ".linecont",
    ".macpack",
    ".p816",
    ".proc",
    ".res",
    ".rodata",
    ".scope",
    ".segment",
    ".setcpu",
    ".smart",
    ".zeropage",
];
const WLA: &[&str] = &[
    ".16bit",
    ".24bit",
    ".8bit",
    ".accu",
    ".background",
    ".bank",
    ".bend",
    ".block",
    ".db",
    ".def",
    ".dl",
    ".ds",
    ".dsb",
    ".dsw",
    ".dw",
    ".emptyfill",
    ".ende",
    ".endm",
    ".endme",
    ".endr",
    ".ends",
    ".endsnes",
    ".endst",
    ".hirom",
    ".index",
    ".lorom",
    ".memorymap",
    ".orga",
    ".ramsection",
    ".rept",
    ".rombankmap",
    ".rombanks",
    ".rombanksize",
    ".section",
    ".slot",
    ".slowrom",
    ".snesheader",
    ".snesnativevector",
    ".unbackground",
];

/// The dialect with the most lines that no other has; none when no line decides or two are level.
#[must_use]
pub fn detect(text: &str) -> Option<Dialect> {
    let mut votes = [(0_usize, Dialect::Asar), (0, Dialect::Ca65), (0, Dialect::Wla)];
    let mut suffixed = false;
    for line in text.lines() {
        suffixed |= has_suffix(line);
        if let Some(dialect) = vote(line) {
            votes.iter_mut().filter(|(_, own)| *own == dialect).for_each(|(count, _)| *count += 1);
        }
    }
    // No instruction has a size behind a dot in ca65.
    votes.iter_mut().filter(|(_, own)| suffixed && *own == Dialect::Ca65).for_each(|(count, _)| *count = 0);
    votes.sort_unstable();
    let [_, (second, _), (most, dialect)] = votes;
    (most > second).then_some(dialect)
}

/// `lda.b` and the like, behind a label or not.
fn has_suffix(line: &str) -> bool {
    let code = line.split_once(": ").map_or(line, |(_, code)| code).trim_start();
    let Some((head, behind)) = code.as_bytes().split_at_checked(3) else { return false };
    let ends = behind.get(2).is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
    matches!(behind, [b'.', b'b' | b'B' | b'w' | b'W' | b'l' | b'L', ..])
        && ends
        && std::str::from_utf8(head).is_ok_and(|word| Mnemonic::parse(word).is_some())
}

fn vote(line: &str) -> Option<Dialect> {
    let line = line.trim_start();
    let word = line.split(|c: char| c.is_whitespace() || "(=;".contains(c)).next().unwrap_or("");
    let rest = line.get(word.len()..).unwrap_or("");
    if word.len() > 24 || word.is_empty() {
        return None;
    }
    match line.as_bytes() {
        [b'!', byte, ..] if byte.is_ascii_alphabetic() && rest.contains('=') => return Some(Dialect::Asar),
        [b'%', byte, ..] if byte.is_ascii_alphabetic() && rest.starts_with('(') => {
            return Some(Dialect::Asar);
        }
        [b'@', ..] if word.ends_with(':') => return Some(Dialect::Ca65),
        _ if rest.trim_start().starts_with(":=") => return Some(Dialect::Ca65),
        _ => {}
    }
    let lower = word.to_ascii_lowercase();
    [(ASAR, Dialect::Asar), (CA65, Dialect::Ca65), (WLA, Dialect::Wla)]
        .iter()
        .find_map(|(words, dialect)| words.binary_search(&lower.as_str()).ok().map(|_| *dialect))
        .filter(|&dialect| {
            if dialect == Dialect::Asar {
                reads_as_asar(&lower, rest)
            } else {
                reads_as_directive(&lower, rest)
            }
        })
}

/// `.bank` alone is a local label of asar; a directive has arguments, unless it is one of those that never have.
fn reads_as_directive(word: &str, rest: &str) -> bool {
    let rest = rest.trim_start();
    let alone = rest.is_empty() || rest.starts_with(';');
    let bare = word.starts_with(".end")
        || [".a8", ".a16", ".i8", ".i16", ".p816", ".smart", ".ends"].contains(&word);
    !alone || bare
}

/// Words of asar are English too: `if`, `check`, `table`. What follows decides.
fn reads_as_asar(word: &str, rest: &str) -> bool {
    let rest = rest.trim_start();
    match word {
        "db" | "dw" | "dl" | "dd" | "org" | "pad" | "fill" | "skip" | "fillbyte" | "padbyte" | "warnpc" => {
            rest.starts_with(['$', '!', '"', '%', '<', '-', '#'])
                || rest.starts_with(|c: char| c.is_alphanumeric())
        }
        "incsrc" | "incbin" | "endmacro" | "pushpc" | "pullpc" | "lorom" | "hirom" | "endif" | "freecode"
        | "freedata" | "freespace" => true,
        "macro" => rest.contains('('),
        "if" | "elseif" => rest.starts_with(['!', '<', '(']) || rest.starts_with("defined"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_lists_are_sorted_because_they_are_searched() {
        for words in [ASAR, CA65, WLA] {
            assert!(words.is_sorted(), "{words:?}");
        }
    }

    #[test]
    fn a_size_behind_a_dot_is_not_of_ca65() {
        assert_eq!(detect("@loop:\n lda.b $12\n"), None);
        assert_eq!(detect("@loop:\n lda $12\n"), Some(Dialect::Ca65));
        assert_eq!(detect("Main:\n.bank\n.index\n lda $12\n"), None, "local labels of asar");
    }

    #[test]
    fn the_dialect_is_the_one_whose_words_are_used() {
        assert_eq!(detect("org $8000\n!x = 1\nlda #$00\n"), Some(Dialect::Asar));
        assert_eq!(detect(".proc main\n.a8\n lda #0\n.endproc\n"), Some(Dialect::Ca65));
        assert_eq!(detect(".bank 0 slot 0\n.section \"x\"\n.accu 8\n.ends\n"), Some(Dialect::Wla));
        assert_eq!(detect("lda #$00\nrts\n"), None);
        assert_eq!(detect("If you check the table, org charts matter.\n"), None);
    }
}
