//! Directives. Known ones are read as far as sizes, widths and flow need it; all others are let pass.

use crate::diagnose::Diagnostic;

use super::ast::{Block, Directive, Expr, Namespace};
use super::cursor::Cursor;
use super::expression::expression;
use super::token::Kind;

/// Units of one data directive that are kept.
const MAX_UNITS: usize = 4096;

/// What a word does as a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Origin,
    Data(u8),
    Space,
    Accumulator(u8),
    Index(u8),
    Widths,
    Smart,
    Block(Block),
    /// Takes in another text.
    Include,
    Unsized,
    /// Sets the processor.
    Arch,
    Namespace,
    Neutral,
    /// A word with a dot that is not known: a directive of ca65, a macro of WLA-DX.
    Unknown,
}

/// The longest word that is looked up.
const LONGEST: usize = 20;

/// Words of WLA-DX that are directives with their dot only and make no bytes, sorted.
const NEUTRAL_WITH_DOT: &[&str] = &[
    ".arraydef",
    ".arraydefine",
    ".arrayin",
    ".background",
    ".br",
    ".breakpoint",
    ".computechecksum",
    ".computesneschecksum",
    ".emptyfill",
    ".enumid",
    ".export",
    ".fail",
    ".fclose",
    ".fopen",
    ".fread",
    ".fsize",
    ".id",
    ".incdir",
    ".input",
    ".name",
    ".nextu",
    ".outname",
    ".printt",
    ".printv",
    ".redef",
    ".redefine",
    ".rombanks",
    ".rombanksize",
    ".romsize",
    ".sdsctag",
    ".seed",
    ".shift",
    ".slot",
    ".slowrom",
    ".stringmaptable",
    ".sym",
    ".symbol",
    ".unbackground",
    ".undefine",
];

/// What a word is; others than these are directives only if they have a dot.
pub(super) fn classify(word: &str) -> Option<Class> {
    let mut lower = [0_u8; LONGEST];
    let name = word.strip_prefix('.').unwrap_or(word);
    let known = lower.get_mut(..name.len()).and_then(|lower| {
        lower.copy_from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        let lower = std::str::from_utf8(lower).ok()?;
        let at = WORDS.binary_search_by(|(known, _)| (*known).cmp(lower)).ok()?;
        WORDS.get(at).map(|&(_, class)| class)
    });
    known.or_else(|| word.starts_with('.').then(|| with_dot(word)))
}

fn with_dot(word: &str) -> Class {
    let known = |lower: &str| NEUTRAL_WITH_DOT.binary_search(&lower).is_ok();
    if known(&word.to_ascii_lowercase()) { Class::Neutral } else { Class::Unknown }
}

/// Words of the dialects without their dots, sorted.
#[rustfmt::skip]
const WORDS: &[(&str, Class)] = &[
    ("16bit", Class::Neutral), ("24bit", Class::Neutral), ("8bit", Class::Neutral),
    ("a16", Class::Accumulator(2)), ("a8", Class::Accumulator(1)), ("accu", Class::Widths),
    ("addr", Class::Data(2)), ("align", Class::Unsized), ("arch", Class::Arch), ("asar", Class::Neutral),
    ("asc", Class::Unsized), ("ascii", Class::Unsized), ("asciitable", Class::Block(Block::Members)),
    ("asciiz", Class::Unsized), ("assert", Class::Neutral), ("autoclean", Class::Unsized),
    ("autoclear", Class::Unsized), ("bank", Class::Unsized), ("base", Class::Unsized),
    ("bend", Class::Block(Block::EndScope)), ("block", Class::Block(Block::Scope)), ("byt", Class::Data(1)),
    ("byte", Class::Data(1)), ("check", Class::Neutral), ("cleartable", Class::Neutral),
    ("dat", Class::Unsized), ("db", Class::Data(1)), ("dbyt", Class::Data(2)), ("dc", Class::Unsized),
    ("dc.b", Class::Data(1)), ("dc.w", Class::Data(2)), ("dcb", Class::Data(1)), ("dcl", Class::Data(3)),
    ("dcw", Class::Data(2)), ("dd", Class::Data(4)), ("def", Class::Neutral), ("define", Class::Neutral),
    ("dl", Class::Data(3)), ("dpbase", Class::Neutral), ("ds", Class::Space), ("dsb", Class::Space),
    ("dsl", Class::Unsized), ("dsw", Class::Unsized), ("dw", Class::Data(2)), ("dword", Class::Data(4)),
    ("elif", Class::Block(Block::Else)), ("else", Class::Block(Block::Else)), ("elseif", Class::Block(Block::Else)), ("end", Class::Neutral),
    ("enda", Class::Block(Block::EndScope)), ("ende", Class::Block(Block::EndScope)),
    ("endemuvector", Class::Block(Block::EndScope)), ("endenum", Class::Block(Block::EndScope)),
    ("endfor", Class::Block(Block::EndLoop)), ("endgb", Class::Block(Block::EndScope)),
    ("endif", Class::Block(Block::EndIf)), ("endm", Class::Block(Block::EndMacro)),
    ("endmac", Class::Block(Block::EndMacro)), ("endmacro", Class::Block(Block::EndMacro)),
    ("endme", Class::Block(Block::EndScope)), ("endnativevector", Class::Block(Block::EndScope)),
    ("endproc", Class::Block(Block::EndScope)), ("endr", Class::Block(Block::EndLoop)),
    ("endrep", Class::Block(Block::EndLoop)), ("endrepeat", Class::Block(Block::EndLoop)),
    ("endro", Class::Block(Block::EndScope)), ("ends", Class::Block(Block::EndScope)),
    ("endscope", Class::Block(Block::EndScope)), ("endsms", Class::Block(Block::EndScope)),
    ("endsnes", Class::Block(Block::EndScope)), ("endspcblock", Class::Arch),
    ("endst", Class::Block(Block::EndScope)), ("endstruct", Class::Block(Block::EndScope)),
    ("endunion", Class::Block(Block::EndScope)), ("endwhile", Class::Block(Block::EndLoop)),
    ("enum", Class::Block(Block::Members)), ("equ", Class::Neutral), ("error", Class::Neutral),
    ("exhirom", Class::Neutral), ("exlorom", Class::Neutral), ("expression", Class::Neutral),
    ("faraddr", Class::Data(3)), ("fastrom", Class::Neutral), ("fill", Class::Unsized), ("fillbyte", Class::Neutral),
    ("filldword", Class::Neutral), ("filllong", Class::Neutral), ("fillword", Class::Neutral),
    ("for", Class::Block(Block::Loop)), ("freecode", Class::Unsized), ("freedata", Class::Unsized),
    ("freespace", Class::Unsized), ("freespacebyte", Class::Neutral), ("fullsa1rom", Class::Neutral),
    ("function", Class::Neutral), ("gbheader", Class::Block(Block::Members)), ("global", Class::Neutral),
    ("header", Class::Neutral), ("hex", Class::Unsized), ("hirom", Class::Neutral), ("i16", Class::Index(2)), ("i8", Class::Index(1)),
    ("if", Class::Block(Block::If)), ("ifblank", Class::Block(Block::If)),
    ("ifconst", Class::Block(Block::If)), ("ifdef", Class::Block(Block::If)),
    ("ifdefm", Class::Block(Block::If)), ("ifeq", Class::Block(Block::If)),
    ("ifeqm", Class::Block(Block::If)), ("ifexists", Class::Block(Block::If)),
    ("ifgr", Class::Block(Block::If)), ("ifgreq", Class::Block(Block::If)),
    ("ifle", Class::Block(Block::If)), ("ifleeq", Class::Block(Block::If)),
    ("ifnblank", Class::Block(Block::If)), ("ifndef", Class::Block(Block::If)),
    ("ifndefm", Class::Block(Block::If)), ("ifneq", Class::Block(Block::If)),
    ("ifneqm", Class::Block(Block::If)), ("ifnref", Class::Block(Block::If)),
    ("ifp02", Class::Block(Block::If)), ("ifp816", Class::Block(Block::If)),
    ("ifpc02", Class::Block(Block::If)), ("ifpsc02", Class::Block(Block::If)),
    ("ifref", Class::Block(Block::If)), ("incbin", Class::Unsized), ("include", Class::Include),
    ("includefrom", Class::Neutral), ("includeonce", Class::Neutral), ("incsrc", Class::Include),
    ("index", Class::Widths), ("lib", Class::Include), ("long", Class::Data(3)), ("longa", Class::Widths),
    ("longi", Class::Widths), ("lorom", Class::Neutral), ("mac", Class::Block(Block::Macro)),
    ("macpack", Class::Include), ("macro", Class::Block(Block::Macro)), ("math", Class::Neutral),
    ("mcopy", Class::Include), ("memorymap", Class::Block(Block::Members)), ("mx", Class::Widths),
    ("namespace", Class::Namespace), ("norom", Class::Neutral), ("optimize", Class::Neutral),
    ("org", Class::Origin), ("pad", Class::Unsized), ("padbyte", Class::Neutral),
    ("paddword", Class::Neutral), ("padlong", Class::Neutral), ("padword", Class::Neutral),
    ("print", Class::Neutral), ("proc", Class::Block(Block::Scope)), ("prot", Class::Unsized),
    ("pullbase", Class::Unsized), ("pullns", Class::Namespace), ("pullpc", Class::Unsized),
    ("pulltable", Class::Neutral), ("pushbase", Class::Neutral), ("pushns", Class::Namespace),
    ("pushpc", Class::Unsized), ("pushtable", Class::Neutral), ("put", Class::Include),
    ("ramsection", Class::Block(Block::Members)), ("rep", Class::Unsized),
    ("repeat", Class::Block(Block::Loop)), ("rept", Class::Block(Block::Loop)), ("res", Class::Space),
    ("reset", Class::Neutral), ("rombankmap", Class::Block(Block::Members)), ("sa1rom", Class::Neutral),
    ("scope", Class::Block(Block::Scope)), ("section", Class::Block(Block::Scope)),
    ("segment", Class::Unsized), ("setcpu", Class::Arch), ("sfxrom", Class::Neutral),
    ("skip", Class::Unsized), ("smart", Class::Smart), ("smsheader", Class::Block(Block::Members)),
    ("snesemuvector", Class::Block(Block::Members)), ("snesheader", Class::Block(Block::Members)),
    ("snesnativevector", Class::Block(Block::Members)), ("spcblock", Class::Arch),
    ("startpos", Class::Neutral), ("struct", Class::Block(Block::Members)), ("table", Class::Neutral),
    ("undef", Class::Neutral), ("union", Class::Block(Block::Members)), ("use", Class::Include),
    ("warn", Class::Neutral), ("warnings", Class::Neutral), ("warnpc", Class::Neutral),
    ("while", Class::Block(Block::Loop)), ("word", Class::Data(2)),
];

/// Reads what a directive says. What it cannot read makes it neutral or of unknown size, never an error.
pub(super) fn read<'s>(class: Class, word: &str, cursor: &mut Cursor<'_, 's>) -> Directive<'s> {
    match class {
        Class::Origin => Directive::Origin(whole(cursor)),
        Class::Data(unit) => data(unit, cursor).unwrap_or(Directive::Unsized),
        Class::Space => {
            let Ok(count) = expression(cursor) else { return Directive::Unsized };
            let fill = if cursor.take(b',') { whole(cursor) } else { None };
            Directive::Space(Some(count), fill)
        }
        Class::Accumulator(bytes) => Directive::AccumulatorWidth(bytes),
        Class::Index(bytes) => Directive::IndexWidth(bytes),
        Class::Widths => widths(word, cursor),
        Class::Smart => Directive::Smart,
        Class::Block(block) => Directive::Block(block),
        Class::Include | Class::Unsized => Directive::Unsized,
        Class::Namespace => namespace(word, cursor).map_or(Directive::Neutral, Directive::Namespace),
        Class::Arch | Class::Neutral | Class::Unknown => Directive::Neutral,
    }
}

/// `namespace` of asar and its kin; those of other dialects have a dot and say other things.
fn namespace<'s>(word: &str, cursor: &Cursor<'_, 's>) -> Option<Namespace<'s>> {
    let text = |at| cursor.ahead(at).map(|token| cursor.text(token));
    match word.to_ascii_lowercase().as_str() {
        "pushns" => return Some(Namespace::Save),
        "pullns" => return Some(Namespace::Restore),
        "namespace" => {}
        _ => return None,
    }
    let name = cursor.peek().filter(|token| token.kind == Kind::Word).map(|token| cursor.text(token))?;
    match (name.to_ascii_lowercase().as_str(), text(1)) {
        ("off", None) => Some(Namespace::Leave),
        ("nested", Some(how)) => Some(Namespace::Nested(how.eq_ignore_ascii_case("on"))),
        (_, None | Some("{")) => Some(Namespace::Enter(name)),
        (_, Some(_)) => None,
    }
}

fn whole<'s>(cursor: &mut Cursor<'_, 's>) -> Option<Expr<'s>> {
    let value = expression(cursor).ok()?;
    cursor.is_done().then_some(value)
}

fn data<'s>(unit: u8, cursor: &mut Cursor<'_, 's>) -> Result<Directive<'s>, Diagnostic> {
    let mut units = Vec::new();
    while !cursor.is_done() {
        cursor.take(b'#');
        units.push(expression(cursor)?);
        if units.len() > MAX_UNITS || !(cursor.take(b',') || cursor.is_done()) {
            return Err(cursor.unexpected());
        }
    }
    Ok(Directive::Data(unit, units))
}

/// `.accu 8`, `.index 16`, `longa on`.
fn widths<'s>(word: &str, cursor: &Cursor<'_, 's>) -> Directive<'s> {
    let argument = cursor.peek();
    let text = argument.map_or("", |token| cursor.text(token));
    let bytes = match argument.map(|token| token.kind) {
        Some(Kind::Number(8, _)) => 1,
        Some(Kind::Number(16, _)) => 2,
        _ if text.eq_ignore_ascii_case("on") => 2,
        _ if text.eq_ignore_ascii_case("off") => 1,
        _ => return Directive::Neutral,
    };
    let name = word.trim_start_matches('.');
    if name.eq_ignore_ascii_case("accu") || name.eq_ignore_ascii_case("longa") {
        Directive::AccumulatorWidth(bytes)
    } else {
        Directive::IndexWidth(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_sorted_because_they_are_searched_and_short_enough_to_be_found() {
        for pair in WORDS.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} {}", pair[0].0, pair[1].0);
        }
        assert!(WORDS.iter().all(|(word, _)| word.len() <= LONGEST));
    }

    #[test]
    fn dotted_words_are_always_directives_and_others_only_when_known() {
        assert!(NEUTRAL_WITH_DOT.is_sorted());
        assert_eq!(classify(".no_such_directive_at_all"), Some(Class::Unknown));
        assert_eq!(classify(".SHIFT"), Some(Class::Neutral));
        assert_eq!(classify("shift"), None);
        assert_eq!(classify("ORG"), Some(Class::Origin));
        assert_eq!(classify("orgy"), None);
    }
}
