//! What an expression is worth, and which label it starts from.

use hafs_asm65816::syntax::{BinaryOp, Expr, UnaryOp};

/// Expressions inside each other that are followed.
const MAX_DEPTH: u8 = 32;

/// A value and the bytes that its spelling asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    /// The value.
    pub value: u32,
    /// 1, 2, 3 or 4 bytes.
    pub bytes: u8,
}

/// What an operand speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base<'s> {
    /// A number.
    Value(Value),
    /// A label, or a name of another file.
    Name(&'s str),
    /// Nothing that has a name.
    Nothing,
}

/// The value of an expression of numbers and of names with values.
pub(super) fn value(expr: &Expr<'_>, names: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    level(expr, names, 0)
}

fn level(expr: &Expr<'_>, names: &dyn Fn(&str) -> Option<Value>, depth: u8) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    match expr {
        Expr::Number { value, bytes } => Some(Value { value: *value, bytes: *bytes }),
        Expr::Symbol(name) | Expr::Define(name) => names(name),
        Expr::Unary(operator, inner) => {
            let inner = level(inner, names, depth + 1)?;
            let part = |shift: u32| Value { value: inner.value >> shift & 0xff, bytes: 1 };
            match operator {
                UnaryOp::Low => Some(part(0)),
                UnaryOp::High => Some(part(8)),
                UnaryOp::Bank | UnaryOp::BankExtraction => Some(part(16)),
                UnaryOp::Bracketed => Some(inner),
                UnaryOp::Minus | UnaryOp::Complement | UnaryOp::Not => None,
            }
        }
        Expr::Binary(..) => sum(expr, names, depth),
        Expr::Anonymous(_) | Expr::Here | Expr::Text(_) | Expr::Call(..) | Expr::Opaque => None,
    }
}

/// The value of a sum, if it is the same counted by precedence and, as asar does, from left to right. Each part is looked at
/// once, for parts can hold sums in brackets that hold others.
fn sum(expr: &Expr<'_>, names: &dyn Fn(&str) -> Option<Value>, depth: u8) -> Option<Value> {
    let parts = expr.parts();
    let worth: Option<Vec<Value>> = parts.iter().map(|(_, part)| level(part, names, depth + 1)).collect();
    let worth = worth?;
    let value = expr.by_precedence(&mut worth.iter().map(|value| value.value), &binary)?;
    let mut in_order = parts.iter().zip(&worth);
    let in_order = in_order.try_fold(0, |sum, ((operator, _), part)| binary(*operator, sum, part.value));
    let bytes = worth.iter().map(|value| value.bytes).max()?;
    (in_order == Some(value)).then_some(Value { value, bytes })
}

/// The operators that addresses are made with.
fn binary(operator: BinaryOp, a: u32, b: u32) -> Option<u32> {
    match operator {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::And => Some(a & b),
        BinaryOp::Or => Some(a | b),
        BinaryOp::ShiftLeft => a.checked_shl(b),
        BinaryOp::ShiftRight => a.checked_shr(b),
        BinaryOp::Divide
        | BinaryOp::Remainder
        | BinaryOp::Power
        | BinaryOp::Xor
        | BinaryOp::LogicalAnd
        | BinaryOp::LogicalOr
        | BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual => None,
    }
}

/// What an expression starts from: its value, or the label that something is added to.
pub(super) fn base<'s>(expr: &Expr<'s>, names: &dyn Fn(&str) -> Option<Value>) -> Base<'s> {
    if let Some(value) = value(expr, names) {
        return Base::Value(value);
    }
    let mut at = expr;
    for _ in 0..MAX_DEPTH {
        match at {
            Expr::Symbol(name) | Expr::Define(name) => return Base::Name(name),
            Expr::Unary(_, inner) => at = inner,
            Expr::Binary(BinaryOp::Add | BinaryOp::Subtract | BinaryOp::And | BinaryOp::ShiftRight, pair) => {
                at = &pair[0];
            }
            Expr::Number { .. }
            | Expr::Anonymous(_)
            | Expr::Here
            | Expr::Text(_)
            | Expr::Binary(..)
            | Expr::Call(..)
            | Expr::Opaque => return Base::Nothing,
        }
    }
    Base::Nothing
}
