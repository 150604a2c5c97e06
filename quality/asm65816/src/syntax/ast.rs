//! The tree of a text. Names are slices of the text itself.

use crate::diagnose::{Diagnostic, Span};
use crate::opcodes::Mnemonic;

use super::dialect::Dialect;

/// A text that has been read.
#[derive(Debug, Clone, PartialEq)]
pub struct Program<'s> {
    /// The dialect it was read in; none when nothing in the text decides, and then what differs between them is let
    /// pass.
    pub dialect: Option<Dialect>,
    /// Its statements in order.
    pub statements: Vec<Statement<'s>>,
    /// What could not be read.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether it takes in other texts, which may define any name.
    pub includes: bool,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement<'s> {
    /// Where it stands.
    pub span: Span,
    /// Its line, from 1.
    pub line: u32,
    /// What it is.
    pub kind: StatementKind<'s>,
}

/// What a statement is.
#[derive(Debug, Clone, PartialEq)]
pub enum StatementKind<'s> {
    /// A label.
    Label(Label<'s>),
    /// An instruction.
    Instruction(Instruction<'s>),
    /// A name that is given a value: `a = 1`, `a := 1`, `!a = 1`.
    Assign {
        /// The name, with its sigil.
        name: &'s str,
        /// The value, if it can be read.
        value: Option<Expr<'s>>,
    },
    /// A directive.
    Directive(Directive<'s>),
    /// A call of a macro, or a word that may well be one.
    MacroCall(&'s str),
    /// Text of another processor, a statement made of placeholders, or one that could not be read.
    Opaque,
}

/// A label where it is defined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label<'s> {
    /// Its name with its sigil; of anonymous ones the marks.
    pub name: &'s str,
    /// Its scope.
    pub kind: LabelKind,
}

/// How far a label's name reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelKind {
    /// The whole text.
    Plain,
    /// The whole text, without a scope for local labels: `#label` of asar.
    Aside,
    /// To the next plain label: `.sub` of asar, `@local` of ca65, `_local` of WLA-DX. The number is its depth.
    Local(u8),
    /// One expansion of a macro: `?label`.
    Macro,
    /// `+` or `++`, reached from before; `-` or `--`, reached from behind; `:` of ca65, from both.
    Anonymous,
}

/// A reference to an anonymous label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anonymous {
    /// The next label of that many `+`.
    Forward(u8),
    /// The last label of that many `-`.
    Backward(u8),
    /// The n-th `:` behind (ca65).
    UnnamedForward(u8),
    /// The n-th `:` before (ca65).
    UnnamedBackward(u8),
}

/// One instruction.
#[derive(Debug, Clone, PartialEq)]
pub struct Instruction<'s> {
    /// Which.
    pub mnemonic: Mnemonic,
    /// The size that is written with it.
    pub size: Option<Size>,
    /// Its operand.
    pub operand: Operand<'s>,
    /// Where the operand stands; empty where there is none.
    pub operand_span: Span,
    /// Whether it holds placeholders of a macro or defines, which may stand for any text.
    pub opaque: bool,
}

/// A size written with an instruction or operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// `.b`, `z:`
    Byte,
    /// `.w`, `a:`
    Word,
    /// `.l`, `f:`
    Long,
}

impl Size {
    /// Its bytes.
    #[must_use]
    pub const fn bytes(self) -> u8 {
        match self {
            Self::Byte => 1,
            Self::Word => 2,
            Self::Long => 3,
        }
    }
}

/// A register that an address is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Index {
    /// `,x`
    X,
    /// `,y`
    Y,
    /// `,s`
    S,
}

/// An operand by its shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand<'s> {
    /// Nothing.
    None,
    /// `A`
    Accumulator,
    /// `#value`
    Immediate(Expr<'s>),
    /// `address`, and `address,x` and the like
    Plain(Expr<'s>, Option<Index>),
    /// `(address)`, with an index inside and one outside
    Indirect(Expr<'s>, Option<Index>, Option<Index>),
    /// `[address]`, with an index outside
    IndirectLong(Expr<'s>, Option<Index>),
    /// `bank,bank`
    Banks(Expr<'s>, Expr<'s>),
    /// What cannot be read, or stands for other text.
    Opaque,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr<'s> {
    /// A number and the bytes that its spelling asks for.
    Number {
        /// Its value.
        value: u32,
        /// The bytes by its digits: `$0012` asks for two.
        bytes: u8,
    },
    /// A name with its sigil.
    Symbol(&'s str),
    /// An anonymous label.
    Anonymous(Anonymous),
    /// A define of asar, without its mark.
    Define(&'s str),
    /// The address of the statement.
    Here,
    /// A text in quotes.
    Text(&'s str),
    /// An operator with one operand.
    Unary(UnaryOp, Box<Expr<'s>>),
    /// An operator with two.
    Binary(BinaryOp, Box<[Expr<'s>; 2]>),
    /// A function with its arguments.
    Call(&'s str, Vec<Expr<'s>>),
    /// A placeholder, or more than is read.
    Opaque,
}

impl<'s> Expr<'s> {
    /// The names in it, as they are written.
    #[must_use]
    pub fn symbols(&self) -> Vec<&'s str> {
        self.gather(|expr| if let Self::Symbol(name) = expr { Some(name) } else { None })
    }

    /// What it is made of without brackets, from left to right, each part with the operator in front of it; the first with
    /// an addition. asar counts in this order, others by precedence.
    #[must_use]
    pub fn parts(&self) -> Vec<(BinaryOp, &Self)> {
        let mut parts = Vec::new();
        self.flatten(BinaryOp::Add, &mut parts);
        parts
    }

    /// What it comes to by precedence, when its [parts](Self::parts) are worth this, in order.
    pub fn by_precedence<N>(
        &self,
        worth: &mut impl Iterator<Item = N>,
        apply: &impl Fn(BinaryOp, N, N) -> Option<N>,
    ) -> Option<N> {
        let Self::Binary(operator, pair) = self else { return worth.next() };
        let left = pair[0].by_precedence(worth, apply)?;
        let right = pair[1].by_precedence(worth, apply)?;
        apply(*operator, left, right)
    }

    fn flatten<'e>(&'e self, before: BinaryOp, parts: &mut Vec<(BinaryOp, &'e Self)>) {
        if let Self::Binary(operator, pair) = self {
            pair[0].flatten(before, parts);
            pair[1].flatten(*operator, parts);
        } else {
            parts.push((before, self));
        }
    }

    /// What `pick` gives for it and for every part of it.
    fn gather(&self, pick: fn(&Self) -> Option<&'s str>) -> Vec<&'s str> {
        let parts = match self {
            Self::Unary(_, inner) => inner.gather(pick),
            Self::Binary(_, pair) => pair.iter().flat_map(|part| part.gather(pick)).collect(),
            Self::Call(_, arguments) => arguments.iter().flat_map(|part| part.gather(pick)).collect(),
            Self::Number { .. }
            | Self::Symbol(_)
            | Self::Anonymous(_)
            | Self::Define(_)
            | Self::Here
            | Self::Text(_)
            | Self::Opaque => Vec::new(),
        };
        pick(self).into_iter().chain(parts).collect()
    }
}

impl<'s> Operand<'s> {
    /// The names in it, as they are written.
    #[must_use]
    pub fn symbols(&self) -> Vec<&'s str> {
        self.expressions().iter().flat_map(|expr| expr.symbols()).collect()
    }

    /// The functions that it calls, as they are written.
    #[must_use]
    pub fn calls(&self) -> Vec<&'s str> {
        let call = |expr: &Expr<'s>| if let Expr::Call(name, _) = expr { Some(*name) } else { None };
        self.expressions().iter().flat_map(|expr| expr.gather(call)).collect()
    }

    /// The defines of asar in it, without their mark.
    #[must_use]
    pub fn defines(&self) -> Vec<&'s str> {
        let define = |expr: &Expr<'s>| if let Expr::Define(name) = expr { Some(*name) } else { None };
        self.expressions().iter().flat_map(|expr| expr.gather(define)).collect()
    }

    fn expressions(&self) -> Vec<&Expr<'s>> {
        match self {
            Self::Immediate(expr)
            | Self::Plain(expr, _)
            | Self::Indirect(expr, ..)
            | Self::IndirectLong(expr, _) => vec![expr],
            Self::Banks(first, second) => vec![first, second],
            Self::None | Self::Accumulator | Self::Opaque => Vec::new(),
        }
    }
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Minus,
    /// `~`
    Complement,
    /// `!`
    Not,
    /// `<`: the low byte.
    Low,
    /// `>`: the second byte.
    High,
    /// `^`, `:`: the third byte.
    Bank,
    /// `value>>16` as the whole of an immediate: the bank, for which asar takes one byte.
    BankExtraction,
    /// A sum in brackets, which is worth what it is; kept because asar counts from left to right without them.
    Bracketed,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators are arithmetic's own")]
pub enum BinaryOp {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
    ShiftLeft,
    ShiftRight,
    And,
    Or,
    Xor,
    LogicalAnd,
    LogicalOr,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// A directive with what matters of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Directive<'s> {
    /// Sets the address.
    Origin(Option<Expr<'s>>),
    /// Data: the bytes of a unit and the units.
    Data(u8, Vec<Expr<'s>>),
    /// Space: so many bytes, filled with a value.
    Space(Option<Expr<'s>>, Option<Expr<'s>>),
    /// Tells the assembler the width of the accumulator in bytes.
    AccumulatorWidth(u8),
    /// Tells it the width of the index registers in bytes.
    IndexWidth(u8),
    /// Makes it follow `REP` and `SEP` itself.
    Smart,
    /// Opens, parts or closes a block.
    Block(Block),
    /// Says which namespace the names that follow belong to.
    Namespace(Namespace<'s>),
    /// Gives sizes and addresses that cannot be known here: included files, conditional and repeated text.
    Unsized,
    /// Anything that makes no bytes.
    Neutral,
}

/// What `namespace` and its kin do in asar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace<'s> {
    /// `namespace name`
    Enter(&'s str),
    /// `namespace off`
    Leave,
    /// `namespace nested on` and `off`: whether one opens inside the other.
    Nested(bool),
    /// `pushns`
    Save,
    /// `pullns`
    Restore,
}

/// Blocks that a text is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// `if` of any kind.
    If,
    /// `else`, `elseif`
    Else,
    /// `endif`
    EndIf,
    /// `rep`, `while`, `for`, `.repeat`
    Loop,
    /// Its end.
    EndLoop,
    /// `macro`
    Macro,
    /// Its end.
    EndMacro,
    /// `.proc`, `.scope`, `.section` and whatever else is closed by a word of its own.
    Scope,
    /// A scope whose lines name members and values: `.enum`, `.struct`, `.memorymap`.
    Members,
    /// Its end.
    EndScope,
}
