//! What a text says: statements with labels, instructions, operands and expressions, in three dialects.

mod ast;
mod cursor;
mod dialect;
mod directive;
mod expression;
mod head;
mod lexer;
mod mixed;
mod operand;
mod parser;
mod spelling;
mod token;

#[cfg(test)]
mod tests;

pub use ast::{
    Anonymous, BinaryOp, Block, Directive, Expr, Index, Instruction, Label, LabelKind, Namespace, Operand,
    Program, Size, Statement, StatementKind, UnaryOp,
};
pub use dialect::{Dialect, detect};
pub use mixed::{Line, judge, runs};
pub use parser::{MAX_SOURCE, TooLong, parse};
