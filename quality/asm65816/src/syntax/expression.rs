//! Expressions, by precedence climbing.

use crate::diagnose::{Code, Diagnostic};

use super::ast::{Anonymous, BinaryOp, Expr, UnaryOp};
use super::cursor::Cursor;
use super::dialect::Dialect;
use super::token::{Kind, Token};

/// Brackets and operators inside each other; what is deeper stands for any value.
const MAX_DEPTH: u8 = 40;
/// Arguments of a function.
const MAX_ARGUMENTS: usize = 64;

type Parsed<'s> = Result<Expr<'s>, Diagnostic>;

/// Reads an expression as far as it goes.
pub(super) fn expression<'s>(cursor: &mut Cursor<'_, 's>) -> Parsed<'s> {
    level(cursor, 0, 0)
}

fn level<'s>(cursor: &mut Cursor<'_, 's>, least: u8, depth: u8) -> Parsed<'s> {
    if depth > MAX_DEPTH {
        cursor.skip(cursor.rest().len());
        return Ok(Expr::Opaque);
    }
    let mut left = unary(cursor, depth)?;
    while let Some((operator, strength, tokens)) = operator(cursor) {
        if strength < least {
            break;
        }
        cursor.skip(tokens);
        let right = level(cursor, strength + 1, depth + 1)?;
        left = Expr::Binary(operator, Box::new([left, right]));
    }
    Ok(left)
}

/// The operator that is next, how strongly it binds and how many pieces it has.
fn operator(cursor: &Cursor<'_, '_>) -> Option<(BinaryOp, u8, usize)> {
    let token = cursor.peek()?;
    let (operator, strength) = if let Kind::Pair(pair) = token.kind {
        pair_operator(pair)?
    } else if token.kind == Kind::Sigil {
        word_operator(cursor.text(token))?
    } else {
        sign_operator(token.sign()).or_else(|| wla_operator(cursor.dialect, token.sign()))?
    };
    let strength =
        if cursor.dialect == Some(Dialect::Ca65) { ca65_strength(operator, strength) } else { strength };
    Some((operator, strength, 1))
}

/// ca65 takes the operators of bits for multiplications, and `|` for an addition. Source: its manual, 5.5, and its bytes.
const fn ca65_strength(operator: BinaryOp, strength: u8) -> u8 {
    if matches!(operator, BinaryOp::And | BinaryOp::Xor | BinaryOp::ShiftLeft | BinaryOp::ShiftRight) {
        8
    } else if matches!(operator, BinaryOp::Or) {
        7
    } else {
        strength
    }
}

fn pair_operator(pair: [u8; 2]) -> Option<(BinaryOp, u8)> {
    Some(match &pair {
        b"||" => (BinaryOp::LogicalOr, 1),
        b"&&" => (BinaryOp::LogicalAnd, 2),
        b"==" => (BinaryOp::Equal, 3),
        b"!=" | b"<>" => (BinaryOp::NotEqual, 3),
        b"<=" => (BinaryOp::LessEqual, 3),
        b">=" => (BinaryOp::GreaterEqual, 3),
        b"<<" => (BinaryOp::ShiftLeft, 6),
        b">>" => (BinaryOp::ShiftRight, 6),
        b"**" => (BinaryOp::Power, 9),
        _ => return None,
    })
}

fn sign_operator(sign: u8) -> Option<(BinaryOp, u8)> {
    Some(match sign {
        b'=' => (BinaryOp::Equal, 3),
        b'<' => (BinaryOp::Less, 3),
        b'>' => (BinaryOp::Greater, 3),
        b'|' => (BinaryOp::Or, 4),
        b'^' => (BinaryOp::Xor, 4),
        b'&' => (BinaryOp::And, 5),
        b'+' => (BinaryOp::Add, 7),
        b'-' => (BinaryOp::Subtract, 7),
        b'*' => (BinaryOp::Multiply, 8),
        b'/' => (BinaryOp::Divide, 8),
        b'%' => (BinaryOp::Remainder, 8),
        _ => return None,
    })
}

/// WLA-DX has two signs of its own.
fn wla_operator(dialect: Option<Dialect>, sign: u8) -> Option<(BinaryOp, u8)> {
    match sign {
        b'~' if dialect == Some(Dialect::Wla) => Some((BinaryOp::Xor, 4)),
        b'#' if dialect == Some(Dialect::Wla) => Some((BinaryOp::Remainder, 8)),
        _ => None,
    }
}

fn word_operator(word: &str) -> Option<(BinaryOp, u8)> {
    const WORDS: [(&str, BinaryOp, u8); 8] = [
        (".or", BinaryOp::LogicalOr, 1),
        (".and", BinaryOp::LogicalAnd, 2),
        (".bitor", BinaryOp::Or, 4),
        (".bitand", BinaryOp::And, 5),
        (".xor", BinaryOp::Xor, 4),
        (".shl", BinaryOp::ShiftLeft, 6),
        (".shr", BinaryOp::ShiftRight, 6),
        (".mod", BinaryOp::Remainder, 8),
    ];
    WORDS
        .iter()
        .find(|(name, ..)| name.eq_ignore_ascii_case(word))
        .map(|&(_, operator, strength)| (operator, strength))
}

fn unary<'s>(cursor: &mut Cursor<'_, 's>, depth: u8) -> Parsed<'s> {
    if let Some(label) = anonymous(cursor) {
        return Ok(Expr::Anonymous(label));
    }
    let Some(token) = cursor.peek() else { return Err(cursor.unexpected()) };
    if token.kind == Kind::Define && matches!(cursor.dialect, Some(Dialect::Ca65 | Dialect::Wla)) {
        return Ok(negated(cursor, token));
    }
    let operator = match token.sign() {
        b'-' => Some(UnaryOp::Minus),
        b'~' => Some(UnaryOp::Complement),
        b'<' => Some(UnaryOp::Low),
        b'>' => Some(UnaryOp::High),
        b'^' | b':' => Some(UnaryOp::Bank),
        b'!' => Some(UnaryOp::Not),
        b'+' => {
            cursor.skip(1);
            return level(cursor, 9, depth + 1);
        }
        _ => None,
    };
    let Some(operator) = operator else { return primary(cursor, depth) };
    cursor.skip(1);
    Ok(Expr::Unary(operator, Box::new(level(cursor, 9, depth + 1)?)))
}

/// `!name` where `!` is an operator and not a define.
fn negated<'s>(cursor: &mut Cursor<'_, 's>, token: Token) -> Expr<'s> {
    cursor.skip(1);
    let name = cursor.text(token).trim_start_matches('!');
    Expr::Unary(UnaryOp::Not, Box::new(Expr::Symbol(name)))
}

/// Runs of `+` or `-` with nothing to add behind them, and `:+` of ca65.
fn anonymous(cursor: &mut Cursor<'_, '_>) -> Option<Anonymous> {
    let unnamed = cursor.peek()?.is(b':');
    let from = usize::from(unnamed);
    let sign = Some(cursor.ahead(from)?.sign()).filter(|sign| matches!(sign, b'+' | b'-'))?;
    let run = cursor.rest().iter().skip(from).take_while(|token| token.is(sign)).count();
    let ends = match cursor.ahead(from + run) {
        None => true,
        Some(token) => matches!(token.kind, Kind::Sign(b',' | b')' | b']')) || (unnamed && !token.is(b'(')),
    };
    if !ends {
        return None;
    }
    cursor.skip(from + run);
    let count = u8::try_from(run).unwrap_or(u8::MAX);
    Some(match (unnamed, sign) {
        (false, b'+') => Anonymous::Forward(count),
        (false, _) => Anonymous::Backward(count),
        (true, b'+') => Anonymous::UnnamedForward(count),
        (true, _) => Anonymous::UnnamedBackward(count),
    })
}

/// A name, a number or whatever else an operator stands before.
pub(super) fn primary<'s>(cursor: &mut Cursor<'_, 's>, depth: u8) -> Parsed<'s> {
    let Some(token) = cursor.peek() else { return Err(cursor.unexpected()) };
    let text = cursor.text(token);
    match token.kind {
        Kind::Number(value, bytes) => {
            cursor.skip(1);
            let bytes = size_suffix(cursor).unwrap_or(bytes);
            Ok(Expr::Number { value, bytes })
        }
        Kind::Word | Kind::Sigil => {
            cursor.skip(1);
            named(cursor, token, depth)
        }
        Kind::Define => {
            cursor.skip(1);
            let joined = joined_tail(cursor);
            Ok(if joined { Expr::Opaque } else { Expr::Define(text.trim_start_matches('!')) })
        }
        Kind::Placeholder | Kind::MacroName => {
            cursor.skip(1);
            tail(cursor, true);
            Ok(Expr::Opaque)
        }
        Kind::Text => {
            cursor.skip(1);
            Ok(Expr::Text(text.get(1..text.len().saturating_sub(1)).unwrap_or("")))
        }
        Kind::Sign(b'*' | b'$' | b'@') => {
            cursor.skip(1);
            Ok(Expr::Here)
        }
        Kind::Sign(b'(' | b'[') => bracketed(cursor, depth),
        Kind::Sign(b'{') => braced(cursor),
        Kind::Sign(_) | Kind::Pair(_) | Kind::BadNumber | Kind::OpenText | Kind::Other => {
            Err(cursor.unexpected())
        }
    }
}

/// A name, or a function when a bracket follows directly.
fn named<'s>(cursor: &mut Cursor<'_, 's>, token: Token, depth: u8) -> Parsed<'s> {
    let text = cursor.text(token);
    if joined_tail(cursor) {
        return Ok(Expr::Opaque);
    }
    if is_element(cursor) {
        return Ok(Expr::Opaque);
    }
    let calls =
        cursor.peek().is_some_and(|next| next.is(b'(') && (!next.spaced || token.kind == Kind::Sigil));
    if !calls {
        return Ok(Expr::Symbol(text));
    }
    if cursor.closing().is_none() {
        return Err(cursor.problem(Code::Unbalanced, "a bracket that is not closed; close it"));
    }
    cursor.skip(1);
    let mut arguments = Vec::new();
    while !cursor.take(b')') {
        if cursor.is_done() || arguments.len() >= MAX_ARGUMENTS {
            return Err(cursor.problem(Code::Unbalanced, "the arguments of a function are not closed"));
        }
        if cursor.take(b',') {
            continue;
        }
        arguments.push(level(cursor, 0, depth + 1)?);
        let next = cursor.peek().map(|token| token.kind);
        if !matches!(next, Some(Kind::Sign(b',' | b')'))) {
            return Err(cursor.unexpected());
        }
    }
    Ok(Expr::Call(text, arguments))
}

/// Takes `[index].member` of a struct and says whether it was there.
fn is_element(cursor: &mut Cursor<'_, '_>) -> bool {
    if !cursor.peek().is_some_and(|token| token.is(b'[') && !token.spaced) {
        return false;
    }
    let Some(close) = cursor.closing() else { return false };
    cursor.skip(close + 1);
    let member = cursor.peek().is_some_and(|token| token.kind == Kind::Sigil && !token.spaced);
    cursor.skip(usize::from(member));
    true
}

/// Takes the pieces that a placeholder is glued to (`label_<x>_end`), and says whether there were any.
fn joined_tail(cursor: &mut Cursor<'_, '_>) -> bool {
    tail(cursor, false)
}

fn tail(cursor: &mut Cursor<'_, '_>, mut joined: bool) -> bool {
    while let Some(token) = cursor.peek().filter(|token| !token.spaced) {
        let glued = matches!(token.kind, Kind::Placeholder)
            || (matches!(token.kind, Kind::Define) && cursor.dialect != Some(Dialect::Ca65))
            || (joined
                && matches!(token.kind, Kind::Word | Kind::Number(..) | Kind::BadNumber | Kind::Sigil));
        if !glued {
            break;
        }
        joined = true;
        cursor.skip(1);
    }
    joined
}

/// `.b`, `.w` or `.l` behind a number or bracket, as WLA-DX takes it.
fn size_suffix(cursor: &mut Cursor<'_, '_>) -> Option<u8> {
    let token = cursor.peek().filter(|token| token.kind == Kind::Sigil && !token.spaced)?;
    let bytes = match cursor.text(token) {
        ".b" | ".B" => 1,
        ".w" | ".W" => 2,
        ".l" | ".L" => 3,
        _ => return None,
    };
    cursor.skip(1);
    Some(bytes)
}

fn bracketed<'s>(cursor: &mut Cursor<'_, 's>, depth: u8) -> Parsed<'s> {
    if cursor.closing().is_none() {
        return Err(cursor.problem(Code::Unbalanced, "a bracket that is not closed; close it"));
    }
    let close = if cursor.take(b'(') { b')' } else { b']' };
    if close == b']' {
        cursor.skip(1);
    }
    let inner = level(cursor, 0, depth + 1)?;
    if !cursor.take(close) {
        return Err(cursor.unexpected());
    }
    size_suffix(cursor);
    let is_sum = matches!(inner, Expr::Binary(..));
    Ok(if is_sum { Expr::Unary(UnaryOp::Bracketed, Box::new(inner)) } else { inner })
}

/// `{…}` groups tokens for a macro; what is inside may be anything.
fn braced<'s>(cursor: &mut Cursor<'_, 's>) -> Parsed<'s> {
    let close = cursor.rest().iter().position(|token| token.is(b'}'));
    let Some(close) = close else {
        return Err(cursor.problem(Code::Unbalanced, "a brace that is not closed; close it"));
    };
    cursor.skip(close + 1);
    Ok(Expr::Opaque)
}
