//! Operands by their shape.

use crate::diagnose::{Code, Diagnostic};
use crate::opcodes::{self, Mnemonic};

use super::ast::{Expr, Index, Operand, Size, UnaryOp};
use super::cursor::{Cursor, clip};
use super::dialect::Dialect;
use super::expression::expression;
use super::token::Kind;

/// An operand with the size that its prefix asks for.
type Read<'s> = Result<(Operand<'s>, Option<Size>), Diagnostic>;

/// Reads all that is left as the operand of an instruction.
pub(super) fn operand<'s>(cursor: &mut Cursor<'_, 's>, mnemonic: Mnemonic) -> Read<'s> {
    let Some(first) = cursor.peek() else { return Ok((Operand::None, None)) };
    let is_a = first.kind == Kind::Word && cursor.text(first).eq_ignore_ascii_case("a");
    if cursor.rest().len() == 1 && is_a && mnemonic.kind() != opcodes::Kind::Transfer {
        cursor.skip(1);
        return Ok((Operand::Accumulator, None));
    }
    let size = size_prefix(cursor);
    let operand = match cursor.peek().map(|token| token.kind) {
        Some(Kind::Sign(b'#')) => immediate(cursor, mnemonic)?,
        Some(Kind::Sign(b'(')) if is_indirect(cursor) => indirect(cursor)?,
        Some(Kind::Sign(b'[')) if is_indirect(cursor) => indirect_long(cursor)?,
        Some(Kind::Sign(b'(' | b'[')) if cursor.closing().is_none() => {
            return Err(cursor.problem(Code::Unbalanced, "a bracket that is not closed; close it"));
        }
        _ => plain(cursor)?,
    };
    if cursor.is_done() { Ok((operand, size)) } else { Err(cursor.unexpected()) }
}

/// `z:`, `a:` and `f:` of ca65; the marks `|` and `!` of older assemblers for 16 bits.
fn size_prefix(cursor: &mut Cursor<'_, '_>) -> Option<Size> {
    let (first, second) = (cursor.peek()?, cursor.ahead(1)?);
    if cursor.dialect != Some(Dialect::Asar) && first.kind == Kind::Word && second.is(b':') && !second.spaced
    {
        let size = match cursor.text(first) {
            "z" | "Z" => Size::Byte,
            "a" | "A" => Size::Word,
            "f" | "F" => Size::Long,
            _ => return None,
        };
        cursor.skip(2);
        return Some(size);
    }
    if first.is(b'|') || (first.is(b'!') && cursor.dialect.is_none()) {
        cursor.skip(1);
        return Some(Size::Word);
    }
    None
}

/// Whether the bracket that is next is the operand's and not one inside an expression: what follows its partner is
/// nothing or an index. No mode has `,x` there: a sum in brackets is a plain address then, but to ca65.
fn is_indirect(cursor: &Cursor<'_, '_>) -> bool {
    let Some(close) = cursor.closing() else { return false };
    let is_sum = close > 2 && cursor.rest().iter().take(close).all(|token| !token.is(b','));
    let is_counted = cursor.dialect != Some(Dialect::Ca65)
        && cursor.ahead(close + 2).is_some_and(|token| matches!(cursor.text(token), "x" | "X"));
    cursor.ahead(close + 1).is_none_or(|token| token.is(b',') && !(is_sum && is_counted))
}

fn immediate<'s>(cursor: &mut Cursor<'_, 's>, mnemonic: Mnemonic) -> Result<Operand<'s>, Diagnostic> {
    cursor.skip(1);
    if is_bank_extraction(cursor) {
        let value = super::expression::primary(cursor, 0)?;
        cursor.skip(2);
        return Ok(Operand::Immediate(Expr::Unary(UnaryOp::BankExtraction, Box::new(value))));
    }
    let value = expression(cursor)?;
    if matches!(mnemonic, Mnemonic::Mvn | Mnemonic::Mvp) && cursor.take(b',') {
        cursor.take(b'#');
        return Ok(Operand::Banks(value, expression(cursor)?));
    }
    Ok(Operand::Immediate(value))
}

/// `value>>16`, spelled as asar knows it, and nothing else: that takes one byte there, whatever the value is.
fn is_bank_extraction(cursor: &Cursor<'_, '_>) -> bool {
    let [value, operator, by] = cursor.rest() else { return false };
    let spelled = cursor.text(*by);
    matches!(cursor.dialect, None | Some(Dialect::Asar))
        && matches!(value.kind, Kind::Word | Kind::Sigil | Kind::Define | Kind::Number(..))
        && (operator.kind == Kind::Pair([b'>', b'>']) && spelled == "16"
            || operator.is(b'/') && matches!(spelled, "65536" | "$10000"))
}

fn indirect<'s>(cursor: &mut Cursor<'_, 's>) -> Result<Operand<'s>, Diagnostic> {
    cursor.skip(1);
    let address = expression(cursor)?;
    let inner = index(cursor)?;
    if !cursor.take(b')') {
        return Err(cursor.unexpected());
    }
    Ok(Operand::Indirect(address, inner, index(cursor)?))
}

fn indirect_long<'s>(cursor: &mut Cursor<'_, 's>) -> Result<Operand<'s>, Diagnostic> {
    cursor.skip(1);
    let address = expression(cursor)?;
    if !cursor.take(b']') {
        return Err(cursor.unexpected());
    }
    Ok(Operand::IndirectLong(address, index(cursor)?))
}

fn plain<'s>(cursor: &mut Cursor<'_, 's>) -> Result<Operand<'s>, Diagnostic> {
    let address = expression(cursor)?;
    if let Some(index) = index_word(cursor) {
        cursor.skip(2);
        return Ok(Operand::Plain(address, Some(index)));
    }
    if cursor.take(b',') {
        cursor.take(b'#');
        let second = expression(cursor)?;
        // Without its mark ca65 takes an address and uses its bank.
        let banks = cursor.dialect == Some(Dialect::Ca65);
        let bank = |expr| if banks { Expr::Unary(UnaryOp::Bank, Box::new(expr)) } else { expr };
        return Ok(Operand::Banks(bank(address), bank(second)));
    }
    Ok(Operand::Plain(address, None))
}

fn index(cursor: &mut Cursor<'_, '_>) -> Result<Option<Index>, Diagnostic> {
    if !cursor.peek().is_some_and(|token| token.is(b',')) {
        return Ok(None);
    }
    let Some(index) = index_word(cursor) else {
        cursor.skip(1);
        let text = cursor.peek().map_or("nothing", |token| clip(cursor.text(token)));
        let message = format!("`{text}` is no index; addresses are counted from x, y or s");
        return Err(cursor.problem(Code::Malformed, &message));
    };
    cursor.skip(2);
    Ok(Some(index))
}

/// The index behind the comma that is next.
fn index_word(cursor: &Cursor<'_, '_>) -> Option<Index> {
    let (comma, word) = (cursor.peek()?, cursor.ahead(1)?);
    if !comma.is(b',') || word.kind != Kind::Word {
        return None;
    }
    match cursor.text(word) {
        "x" | "X" => Some(Index::X),
        "y" | "Y" => Some(Index::Y),
        "s" | "S" => Some(Index::S),
        _ => None,
    }
}

/// Whether a part of an operand stands for text that is not there.
pub(super) fn is_opaque(operand: &Operand<'_>) -> bool {
    match operand {
        Operand::None | Operand::Accumulator => false,
        Operand::Immediate(expr)
        | Operand::Plain(expr, _)
        | Operand::Indirect(expr, ..)
        | Operand::IndirectLong(expr, _) => holds_opaque(expr),
        Operand::Banks(first, second) => holds_opaque(first) || holds_opaque(second),
        Operand::Opaque => true,
    }
}

fn holds_opaque(expr: &Expr<'_>) -> bool {
    match expr {
        Expr::Opaque | Expr::Define(_) => true,
        Expr::Number { .. } | Expr::Symbol(_) | Expr::Anonymous(_) | Expr::Here | Expr::Text(_) => false,
        Expr::Unary(_, inner) => holds_opaque(inner),
        Expr::Binary(_, pair) => pair.iter().any(holds_opaque),
        Expr::Call(_, arguments) => arguments.iter().any(holds_opaque),
    }
}
