//! What expressions are worth.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::names::Names;
use crate::syntax::{BinaryOp, Dialect, Expr, Program, StatementKind, UnaryOp};

/// Names behind names; deeper ones are unknown.
const MAX_CHAIN: u8 = 16;

/// The worth of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Value {
    /// Its value, if it is known.
    pub known: Option<i64>,
    /// The bytes that its spelling asks for in asar and WLA-DX: the most of its literals.
    pub width: u8,
    /// Whether it holds a label, whose bytes are an address's.
    pub label: bool,
    /// Whether it is a single number as written.
    pub literal: bool,
    /// Whether it holds text that is not here, whose bytes nobody knows.
    pub vague: bool,
}

/// What stands for text that is not here.
const VAGUE: Value = Value { known: None, width: 0, label: false, literal: false, vague: true };

/// Addresses and values that expressions can refer to.
pub(super) struct Scope<'a, 's> {
    pub program: &'a Program<'s>,
    pub names: &'a Names<'s>,
    /// Addresses of the statements, as far as they are known.
    addresses: &'a [Option<u32>],
    /// Values of names that are defined elsewhere.
    symbols: &'a dyn Fn(&str) -> Option<u32>,
    /// The worth of each assignment that was counted. Without it a name that stands for two of another, which stands for two of
    /// a third, would take forever.
    counted: RefCell<HashMap<usize, Option<Value>>>,
}

impl<'a, 's> Scope<'a, 's> {
    /// A scope in which every assignment is counted once, in order: each leans on those before it.
    pub(super) fn new(
        (program, names): (&'a Program<'s>, &'a Names<'s>),
        addresses: &'a [Option<u32>],
        symbols: &'a dyn Fn(&str) -> Option<u32>,
    ) -> Self {
        let scope = Self { program, names, addresses, symbols, counted: RefCell::default() };
        for (at, statement) in program.statements.iter().enumerate() {
            if matches!(statement.kind, StatementKind::Assign { .. }) {
                scope.count(at, 0);
            }
        }
        scope
    }
}

impl Scope<'_, '_> {
    /// The worth of an expression in statement `at`.
    pub(super) fn value(&self, at: usize, expr: &Expr<'_>) -> Value {
        self.level(at, expr, 0)
    }

    fn level(&self, at: usize, expr: &Expr<'_>, depth: u8) -> Value {
        match expr {
            Expr::Number { value, bytes } => {
                Value { known: Some(i64::from(*value)), width: *bytes, literal: true, ..Value::default() }
            }
            Expr::Symbol(name) => self.symbol(at, name, depth),
            Expr::Define(name) => self.assigned(at, name, depth).unwrap_or(VAGUE),
            Expr::Anonymous(_) => self.label(self.names.target(at, expr)),
            Expr::Here => self.label(Some(at)),
            Expr::Text(text) if text.len() == 1 => {
                Value { known: text.bytes().next().map(i64::from), width: 1, ..Value::default() }
            }
            Expr::Unary(UnaryOp::BankExtraction, inner) => {
                let known = self.level(at, inner, depth).known.map(|value| value >> 16);
                Value { known, width: 1, vague: !self.is_single(inner), ..Value::default() }
            }
            Expr::Unary(UnaryOp::Bracketed, inner) => {
                Value { literal: false, ..self.level(at, inner, depth) }
            }
            Expr::Unary(operator, inner) => {
                let inner = self.level(at, inner, depth);
                let literal = inner.literal && *operator == UnaryOp::Minus;
                Value { known: inner.known.map(|value| unary(*operator, value)), literal, ..inner }
            }
            Expr::Binary(..) => self.sum(at, expr, depth),
            Expr::Call(name, arguments) => self.call(at, name, arguments, depth),
            Expr::Text(_) | Expr::Opaque => VAGUE,
        }
    }

    /// Whether an expression is one number or name, also where it stands for a define's text.
    fn is_single(&self, expr: &Expr<'_>) -> bool {
        let Expr::Define(name) = expr else { return true };
        let assigned = self.names.assignment(name).and_then(|found| self.program.statements.get(found));
        let value = assigned.map(|statement| &statement.kind);
        matches!(
            value,
            Some(StatementKind::Assign { value: Some(Expr::Number { .. } | Expr::Symbol(_)), .. })
        )
    }

    /// The worth of a sum. asar counts from left to right unless it is told otherwise or is a later one, and of WLA-DX it is not
    /// known: there the worth is known if it is the same however it is counted. Each part is looked at once, for parts
    /// can hold sums in brackets that hold others.
    fn sum(&self, at: usize, expr: &Expr<'_>, depth: u8) -> Value {
        let parts = expr.parts();
        let worth: Vec<Value> = parts.iter().map(|(_, part)| self.part(at, part, depth)).collect();
        let numbers: Option<Vec<i64>> = worth.iter().map(|value| value.known).collect();
        let known = numbers.and_then(|numbers| {
            let known = expr.by_precedence(&mut numbers.iter().copied(), &binary)?;
            let mut in_order = parts.iter().zip(&numbers);
            let in_order =
                in_order.try_fold(0, |sum, ((operator, _), number)| binary(*operator, sum, *number));
            let is_sure = self.program.dialect == Some(Dialect::Ca65) || in_order == Some(known);
            is_sure.then_some(known)
        });
        Value {
            known,
            width: worth.iter().map(|value| value.width).max().unwrap_or_default(),
            label: worth.iter().any(|value| value.label),
            literal: false,
            vague: worth.iter().any(|value| value.vague),
        }
    }

    /// The worth of a part of a sum. An anonymous label among others asks for no bytes in asar.
    fn part(&self, at: usize, expr: &Expr<'_>, depth: u8) -> Value {
        let value = self.level(at, expr, depth);
        let is_asar = !matches!(self.program.dialect, Some(Dialect::Ca65 | Dialect::Wla));
        Value { label: value.label && !(is_asar && matches!(expr, Expr::Anonymous(_))), ..value }
    }

    fn symbol(&self, at: usize, name: &str, depth: u8) -> Value {
        if let Some(found) = self.names.label(at, name) {
            return self.label(Some(found));
        }
        if let Some(value) = self.assigned(at, name, depth) {
            // A name with a value is a label in asar: its size is a matter of banks.
            let is_label = !matches!(self.program.dialect, Some(Dialect::Ca65 | Dialect::Wla));
            return if is_label { Value { label: true, width: 0, ..value } } else { value };
        }
        Value { known: (self.symbols)(name).map(i64::from), label: true, ..Value::default() }
    }

    /// The value that an assignment gives a name.
    fn assigned(&self, at: usize, name: &str, depth: u8) -> Option<Value> {
        let found = self.names.assignment(name)?;
        if depth >= MAX_CHAIN || found == at {
            return None;
        }
        self.count(found, depth)
    }

    /// The worth of an assignment.
    fn count(&self, at: usize, depth: u8) -> Option<Value> {
        if let Some(counted) = self.counted.borrow().get(&at) {
            return *counted;
        }
        let StatementKind::Assign { value: Some(value), .. } = &self.program.statements.get(at)?.kind else {
            return None;
        };
        // What leans on itself by way of others has no worth.
        self.counted.borrow_mut().insert(at, None);
        let worth = Some(Value { literal: false, ..self.level(at, value, depth + 1) });
        self.counted.borrow_mut().insert(at, worth);
        worth
    }

    fn label(&self, statement: Option<usize>) -> Value {
        let address = statement.and_then(|at| self.addresses.get(at).copied().flatten());
        Value { known: address.map(i64::from), label: true, ..Value::default() }
    }

    fn call(&self, at: usize, name: &str, arguments: &[Expr<'_>], depth: u8) -> Value {
        let [argument] = arguments else { return VAGUE };
        let inner = self.level(at, argument, depth);
        let operator = match name.trim_start_matches('.') {
            "lobyte" => UnaryOp::Low,
            "hibyte" => UnaryOp::High,
            "bankbyte" | "bank" => UnaryOp::Bank,
            _ => return VAGUE,
        };
        Value { known: inner.known.map(|value| unary(operator, value)), literal: false, ..inner }
    }
}

fn unary(operator: UnaryOp, value: i64) -> i64 {
    match operator {
        UnaryOp::Minus => value.wrapping_neg(),
        UnaryOp::Complement => !value,
        UnaryOp::Not => i64::from(value == 0),
        UnaryOp::Low => value & 0xff,
        UnaryOp::High => value >> 8 & 0xff,
        UnaryOp::Bank | UnaryOp::BankExtraction => value >> 16 & 0xff,
        UnaryOp::Bracketed => value,
    }
}

fn binary(operator: BinaryOp, a: i64, b: i64) -> Option<i64> {
    let shift = u32::try_from(b).ok().filter(|&by| by < 64);
    match operator {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::Divide => a.checked_div(b),
        BinaryOp::Remainder => a.checked_rem(b),
        BinaryOp::Power => a.checked_pow(shift?),
        BinaryOp::ShiftLeft => a.checked_mul(1_i64.checked_shl(shift?)?),
        BinaryOp::ShiftRight => a.checked_shr(shift?),
        BinaryOp::And => Some(a & b),
        BinaryOp::Or => Some(a | b),
        BinaryOp::Xor => Some(a ^ b),
        BinaryOp::LogicalAnd => Some(i64::from(a != 0 && b != 0)),
        BinaryOp::LogicalOr => Some(i64::from(a != 0 || b != 0)),
        BinaryOp::Equal => Some(i64::from(a == b)),
        BinaryOp::NotEqual => Some(i64::from(a != b)),
        BinaryOp::Less => Some(i64::from(a < b)),
        BinaryOp::LessEqual => Some(i64::from(a <= b)),
        BinaryOp::Greater => Some(i64::from(a > b)),
        BinaryOp::GreaterEqual => Some(i64::from(a >= b)),
    }
}
