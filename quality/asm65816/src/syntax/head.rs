//! The beginning of a statement: labels, assignments, and which word leads it.

use crate::opcodes::Mnemonic;

use super::ast::{Label, LabelKind, Size};
use super::cursor::Cursor;
use super::dialect::Dialect;
use super::directive::{Class, classify};
use super::token::{Kind, Token};

/// What leads a statement, labels aside.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Head<'s> {
    /// Nothing is left.
    Empty,
    /// A name that is given a value; the value is next.
    Assign(&'s str),
    /// `*=`; the address is next.
    Origin,
    /// An instruction; its operand is next.
    Instruction(Mnemonic, &'s str, Option<Size>),
    /// An instruction with a suffix that is no size.
    BadSuffix(&'s str),
    /// A directive; its arguments are next.
    Directive(Class, &'s str),
    /// A call of a macro.
    Macro(&'s str),
    /// A word that is none of these.
    Unknown(&'s str),
    /// A statement that begins with placeholders.
    Placeholder,
    /// Something that begins no statement.
    Stray,
}

/// Takes one label, if the statement begins with one. `column` says whether it stands at the start of its line.
pub(super) fn label<'s>(cursor: &mut Cursor<'_, 's>, column: bool) -> Option<Label<'s>> {
    let first = cursor.peek()?;
    match first.sign() {
        b'+' | b'-' => run(cursor, first),
        b':' => {
            cursor.skip(1);
            Some(Label { name: ":", kind: LabelKind::Anonymous })
        }
        b'#' if cursor.ahead(2).is_some_and(|token| token.is(b':')) => {
            cursor.skip(1);
            let label = named(cursor, column)?;
            let plain = label.kind == LabelKind::Plain;
            Some(Label { kind: if plain { LabelKind::Aside } else { label.kind }, ..label })
        }
        _ if matches!(first.kind, Kind::Word | Kind::Sigil) => named(cursor, column),
        _ => None,
    }
}

/// `+`, `--` and the like, alone or before a statement.
fn run<'s>(cursor: &mut Cursor<'_, 's>, first: Token) -> Option<Label<'s>> {
    let Kind::Sign(sign) = first.kind else { return None };
    let count = cursor.rest().iter().take_while(|token| token.is(sign)).count();
    let next = cursor.ahead(count);
    if next.is_some_and(|token| !token.spaced && !token.is(b':')) {
        return None;
    }
    let end = cursor.ahead(count - 1).unwrap_or(first).span.end;
    let name = cursor.source.get(first.span.start as usize..end as usize).unwrap_or("");
    cursor.skip(count);
    cursor.take(b':');
    Some(Label { name, kind: LabelKind::Anonymous })
}

fn named<'s>(cursor: &mut Cursor<'_, 's>, column: bool) -> Option<Label<'s>> {
    let first = cursor.peek()?;
    let name = cursor.text(first);
    let colon = cursor.ahead(1).filter(|token| token.is(b':'));
    let is_label = match colon {
        Some(token) => {
            !token.spaced || (cursor.dialect != Some(Dialect::Asar) && Mnemonic::parse(name).is_none())
        }
        None if first.kind == Kind::Sigil => is_bare_sublabel(cursor, name),
        None => is_bare_label(cursor, name, column),
    };
    if !is_label || (colon.is_some() && first.kind == Kind::Sigil && is_dotted_directive(cursor, name)) {
        return None;
    }
    cursor.skip(1 + usize::from(colon.is_some()));
    Some(Label { name, kind: kind(cursor.dialect, name) })
}

fn kind(dialect: Option<Dialect>, name: &str) -> LabelKind {
    match name.as_bytes() {
        [b'?', ..] => LabelKind::Macro,
        [b'.', ..] => {
            let dots = name.bytes().take_while(|&byte| byte == b'.').count();
            LabelKind::Local(u8::try_from(dots).unwrap_or(u8::MAX))
        }
        [b'@', ..] => {
            let depth = name.bytes().take_while(|&byte| byte == b'@').count();
            LabelKind::Local(u8::try_from(depth).unwrap_or(u8::MAX))
        }
        [b'_', ..] if dialect == Some(Dialect::Wla) => LabelKind::Local(1),
        _ => LabelKind::Plain,
    }
}

/// Whether a dotted word is a directive there: always in ca65 and WLA-DX, only known ones where nothing decides.
fn is_dotted_directive(cursor: &Cursor<'_, '_>, name: &str) -> bool {
    name.starts_with('.')
        && match cursor.dialect {
            Some(Dialect::Asar) => false,
            Some(Dialect::Ca65 | Dialect::Wla) => true,
            None => !matches!(classify(name), Some(Class::Neutral | Class::Unknown)),
        }
}

/// `.sub`, `@local` or `?label` without a colon.
fn is_bare_sublabel(cursor: &Cursor<'_, '_>, name: &str) -> bool {
    !is_dotted_directive(cursor, name) && !is_assigned(cursor) && cursor.dialect != Some(Dialect::Ca65)
}

/// A name at the start of its line with nothing, an instruction or a directive behind it.
fn is_bare_label(cursor: &Cursor<'_, '_>, name: &str, column: bool) -> bool {
    if Mnemonic::parse(stem(name)).is_some() || classify(name).is_some() || is_assigned(cursor) {
        return false;
    }
    match cursor.ahead(1) {
        // Both want a colon: what stands alone there is a macro.
        None => column && !matches!(cursor.dialect, Some(Dialect::Asar | Dialect::Ca65)),
        Some(next) => {
            let text = cursor.text(next);
            let is_instruction = next.kind == Kind::Word && Mnemonic::parse(stem(text)).is_some();
            let is_directive = matches!(next.kind, Kind::Word | Kind::Sigil)
                && classify(text).is_some_and(|class| !matches!(class, Class::Neutral | Class::Unknown));
            let leads = is_instruction || is_directive;
            leads && cursor.dialect != Some(Dialect::Asar)
        }
    }
}

fn is_assigned(cursor: &Cursor<'_, '_>) -> bool {
    const WORDS: [&str; 5] = ["equ", "gequ", "set", ".equ", ".set"];
    let Some((first, second)) = cursor.peek().zip(cursor.ahead(1)) else { return false };
    let is_word = matches!(second.kind, Kind::Word | Kind::Sigil)
        && WORDS.iter().any(|word| word.eq_ignore_ascii_case(cursor.text(second)));
    // `BNE .set` is a branch to a local label.
    let takes_word =
        cursor.dialect != Some(Dialect::Asar) && Mnemonic::parse(stem(cursor.text(first))).is_none();
    second.is(b'=')
        || matches!(second.kind, Kind::Pair([b':' | b'?' | b'#' | b'+', b'=']))
        || (is_word && takes_word)
}

/// Takes what leads the statement behind its labels.
pub(super) fn head<'s>(cursor: &mut Cursor<'_, 's>) -> Head<'s> {
    let Some(first) = cursor.peek() else { return Head::Empty };
    let text = cursor.text(first);
    let second = cursor.ahead(1);
    if matches!(first.kind, Kind::Word | Kind::Sigil | Kind::Define) && is_assigned(cursor) {
        cursor.skip(2);
        return Head::Assign(text);
    }
    if first.is(b'*') && second.is_some_and(|token| token.is(b'=')) {
        cursor.skip(2);
        return Head::Origin;
    }
    let glued =
        second.is_some_and(|token| !token.spaced && matches!(token.kind, Kind::Placeholder | Kind::Define));
    // WDC's compiler marks its far labels with `~~`.
    let marked = first.is(b'~') && cursor.dialect.is_none();
    if glued || marked || matches!(first.kind, Kind::Define | Kind::Placeholder) {
        return Head::Placeholder;
    }
    if first.kind == Kind::MacroName {
        return Head::Macro(text);
    }
    if first.kind == Kind::Word {
        return word(cursor, text);
    }
    if first.kind == Kind::Sigil {
        cursor.skip(1);
        return classify(text).map_or(Head::Stray, |class| Head::Directive(class, text));
    }
    if second.is_none() && matches!(first.sign(), b'{' | b'}') {
        return Head::Directive(Class::Neutral, text);
    }
    if matches!(first.kind, Kind::Number(..) | Kind::Text) && second.is_some_and(|token| token.is(b'=')) {
        cursor.skip(2);
        return Head::Assign(text);
    }
    match second.filter(|token| token.kind == Kind::Word && matches!(first.sign(), b'#' | b'@')) {
        Some(token) => {
            cursor.skip(2);
            let word = cursor.text(token);
            Head::Directive(classify(word).unwrap_or(Class::Neutral), word)
        }
        None => Head::Stray,
    }
}

fn word<'s>(cursor: &mut Cursor<'_, 's>, text: &'s str) -> Head<'s> {
    let stem = stem(text);
    if let Some(mnemonic) = Mnemonic::parse(stem) {
        let suffix = text.get(stem.len()..).unwrap_or("");
        let size = match suffix {
            "" => None,
            ".b" | ".B" => Some(Size::Byte),
            ".w" | ".W" => Some(Size::Word),
            ".l" | ".L" | ".d" | ".D" => Some(Size::Long),
            _ => return Head::BadSuffix(text),
        };
        if mnemonic == Mnemonic::Rep && size.is_none() && is_repeat(cursor) {
            cursor.skip(1);
            return Head::Directive(Class::Unsized, text);
        }
        cursor.skip(1);
        return Head::Instruction(mnemonic, stem, size);
    }
    // In ca65 every directive has its dot; words without are macros.
    match classify(text).filter(|_| cursor.dialect != Some(Dialect::Ca65)) {
        Some(class) => {
            cursor.skip(1);
            Head::Directive(class, text)
        }
        None => Head::Unknown(text),
    }
}

/// `rep 4 : …` of asar repeats a statement; `rep #$20` is the instruction. Elsewhere a bare number is a slip.
fn is_repeat(cursor: &Cursor<'_, '_>) -> bool {
    let count = cursor.ahead(1).map(|token| token.kind);
    let is_name = matches!(count, Some(Kind::Word | Kind::Sigil | Kind::Define));
    match cursor.dialect {
        Some(Dialect::Asar) => is_name || matches!(count, Some(Kind::Number(..) | Kind::Sign(b'-'))),
        None => is_name,
        Some(Dialect::Ca65 | Dialect::Wla) => false,
    }
}

/// A word without what stands behind its first dot.
pub(super) fn stem(word: &str) -> &str {
    word.split('.').next().unwrap_or(word)
}
