//! Reads a text statement by statement. An error costs its own statement and no other.

use std::collections::BTreeSet;
use std::fmt;

use crate::diagnose::{Code, Diagnostic, Span};
use crate::opcodes::Mnemonic;

use super::ast::{Block, Directive, Instruction, Operand, Program, Size, Statement, StatementKind};
use super::cursor::Cursor;
use super::dialect::{Dialect, detect};
use super::directive::{self, Class};
use super::head::{self, Head};
use super::lexer::Lexer;
use super::operand::{is_opaque, operand};
use super::spelling::{self, Word};
use super::token::{Kind, Token};

/// The longest text that is read, in bytes.
pub const MAX_SOURCE: usize = 64 << 20;
/// Scopes inside each other that are told apart.
const MAX_SCOPES: usize = 256;
/// Diagnostics of one text; more change nothing.
const MAX_DIAGNOSTICS: usize = 10_000;

/// A text longer than [`MAX_SOURCE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text is longer than {MAX_SOURCE} bytes; check it in pieces")
    }
}

impl std::error::Error for TooLong {}

/// Reads a text. Without a dialect the text's own words decide.
///
/// # Errors
/// [`TooLong`] when the text is longer than [`MAX_SOURCE`].
pub fn parse(source: &str, dialect: Option<Dialect>) -> Result<Program<'_>, TooLong> {
    if source.len() > MAX_SOURCE {
        return Err(TooLong);
    }
    let dialect = dialect.or_else(|| detect(source));
    let mut parser = Parser {
        program: Program { dialect, statements: Vec::new(), diagnostics: Vec::new(), includes: false },
        source,
        macros: spelling::macros(source),
        foreign: spelling::is_for_another(source),
        macro_depth: 0,
        uneven_macro: false,
        blocks: Vec::new(),
        scopes: Vec::new(),
    };
    parser.program.includes = spelling::includes(source);
    parser.run();
    Ok(parser.program)
}

struct Parser<'s> {
    program: Program<'s>,
    source: &'s str,
    macros: BTreeSet<&'s str>,
    /// Whether the text is for another processor just now.
    foreign: bool,
    macro_depth: u32,
    /// Whether a macro opens conditions that it does not close, or the other way round.
    uneven_macro: bool,
    /// Open blocks with their places.
    blocks: Vec<(Block, Span)>,
    /// Open scopes, and whether each is one of members.
    scopes: Vec<bool>,
}

impl<'s> Parser<'s> {
    fn run(&mut self) {
        let mut lexer = Lexer::new(self.source, self.program.dialect);
        let (mut tokens, mut lines) = (Vec::new(), 0);
        loop {
            let line = lines + 1;
            if !lexer.line(&mut tokens, &mut lines) {
                break;
            }
            let column = tokens.first().is_some_and(|token| !token.spaced);
            let open = self.blocks.len();
            let mut rest = tokens.as_slice();
            while !rest.is_empty() {
                let end = self.separator(rest);
                let (piece, behind) = rest.split_at(end);
                self.piece(piece, line, column && rest.len() == tokens.len());
                rest = behind.get(1..).unwrap_or(&[]);
            }
            if self.separator(&tokens) < tokens.len() {
                self.end_conditions(open, line);
            }
        }
        for (block, span) in std::mem::take(&mut self.blocks) {
            let is_certain = self.program.dialect.is_some() && !self.uneven_macro;
            if matches!(block, Block::If | Block::Macro) && is_certain {
                self.report(Diagnostic::new(
                    Code::BlockMismatch,
                    span,
                    "a block that is opened and never closed".to_owned(),
                ));
            }
        }
    }

    /// A condition with its statements behind it on the same line ends with the line.
    fn end_conditions(&mut self, open: usize, line: u32) {
        while self.blocks.len() > open && self.blocks.last().is_some_and(|(block, _)| *block == Block::If) {
            let Some((_, span)) = self.blocks.pop() else { return };
            self.push(span, line, StatementKind::Directive(Directive::Block(Block::EndIf)));
        }
    }

    /// The place of the colon that parts statements, or the end.
    fn separator(&self, tokens: &[Token]) -> usize {
        if !matches!(self.program.dialect, None | Some(Dialect::Asar)) {
            return tokens.len();
        }
        let parts = |at: &usize| {
            tokens[*at].is(b':') && tokens[*at].spaced && tokens.get(at + 1).is_none_or(|next| next.spaced)
        };
        (1..tokens.len()).find(parts).unwrap_or(tokens.len())
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.foreign && self.program.diagnostics.len() < MAX_DIAGNOSTICS {
            self.program.diagnostics.push(diagnostic);
        }
    }

    fn push(&mut self, span: Span, line: u32, kind: StatementKind<'s>) {
        self.program.statements.push(Statement { span, line, kind });
    }

    /// One statement with its labels.
    fn piece(&mut self, tokens: &[Token], line: u32, mut column: bool) {
        let mut cursor = Cursor::new(self.source, self.program.dialect, tokens);
        if cursor.peek().is_some_and(|token| self.is_global(&cursor, token)) {
            cursor.skip(1);
        }
        while let Some(first) = cursor.peek() {
            let known = first.kind == Kind::Word && self.macros.contains(cursor.text(first));
            let colon = cursor.ahead(1).is_some_and(|token| token.is(b':'));
            if known && !colon {
                break;
            }
            let Some(label) = head::label(&mut cursor, column) else { break };
            self.push(first.span, line, StatementKind::Label(label));
            column = false;
        }
        let span = super::cursor::span_of(cursor.rest());
        let head = head::head(&mut cursor);
        if head != Head::Empty {
            let kind = self.statement(head, &mut cursor, span);
            self.push(span, line, kind);
        }
    }

    /// `global` of asar before a label, which then belongs to no namespace.
    fn is_global(&self, cursor: &Cursor<'_, '_>, first: Token) -> bool {
        let colon = (2..4).any(|at| cursor.ahead(at).is_some_and(|token| token.is(b':') && !token.spaced));
        self.program.dialect == Some(Dialect::Asar)
            && colon
            && cursor.text(first).eq_ignore_ascii_case("global")
    }

    fn statement(&mut self, head: Head<'s>, cursor: &mut Cursor<'_, 's>, span: Span) -> StatementKind<'s> {
        match head {
            Head::Directive(class, word) => self.directive(class, word, cursor, span),
            _ if self.foreign || self.scopes.last() == Some(&true) => StatementKind::Opaque,
            Head::Instruction(mnemonic, word, size) => self.instruction(mnemonic, word, size, cursor),
            Head::Assign(name) => {
                let value = super::expression::expression(cursor).ok().filter(|_| cursor.is_done());
                StatementKind::Assign { name, value }
            }
            Head::Origin => StatementKind::Directive(directive::read(Class::Origin, "org", cursor)),
            Head::Macro(name) => StatementKind::MacroCall(name),
            Head::BadSuffix(word) => {
                if !cursor.has_placeholders() && self.macro_depth == 0 {
                    let message = format!("`{word}` has a suffix that is no size; sizes are .b, .w and .l");
                    self.report(Diagnostic::new(Code::BadAddressing, span, message));
                }
                StatementKind::Opaque
            }
            Head::Unknown(word) => self.unknown(word, cursor, span),
            Head::Stray => {
                if !cursor.has_placeholders() && self.macro_depth == 0 {
                    let diagnostic = cursor.unexpected();
                    self.report(diagnostic);
                }
                StatementKind::Opaque
            }
            Head::Empty | Head::Placeholder => StatementKind::Opaque,
        }
    }

    fn directive(
        &mut self,
        class: Class,
        word: &'s str,
        cursor: &mut Cursor<'_, 's>,
        span: Span,
    ) -> StatementKind<'s> {
        match class {
            Class::Arch => self.foreign = spelling::is_foreign(word, cursor),
            Class::Block(block) => self.block(block, span),
            Class::Unknown if self.program.dialect != Some(Dialect::Ca65) => {
                return StatementKind::MacroCall(word);
            }
            Class::Origin
            | Class::Data(_)
            | Class::Space
            | Class::Accumulator(_)
            | Class::Index(_)
            | Class::Widths
            | Class::Smart
            | Class::Include
            | Class::Unsized
            | Class::Namespace
            | Class::Neutral
            | Class::Unknown => {}
        }
        StatementKind::Directive(directive::read(class, word, cursor))
    }

    /// Keeps account of blocks. Loops and conditions close each other in asar, scopes by too many words to hold.
    fn block(&mut self, block: Block, span: Span) {
        match block {
            Block::If | Block::Loop => self.blocks.push((block, span)),
            Block::Macro => {
                self.macro_depth += 1;
                self.blocks.push((block, span));
            }
            Block::EndMacro => {
                self.macro_depth = self.macro_depth.saturating_sub(1);
                self.uneven_macro |= self.blocks.last().is_some_and(|(block, _)| *block != Block::Macro);
                self.close(span, |open| open == Block::Macro);
            }
            Block::EndIf | Block::EndLoop => self.close(span, |open| open != Block::Macro),
            Block::Scope | Block::Members if self.scopes.len() < MAX_SCOPES => {
                self.scopes.push(block == Block::Members);
            }
            Block::EndScope => {
                self.scopes.pop();
            }
            Block::Else | Block::Scope | Block::Members => {}
        }
    }

    /// Where nothing tells the dialect, words like `ENDIF` may be macros.
    fn close(&mut self, span: Span, fits: fn(Block) -> bool) {
        match self.blocks.iter().rposition(|(open, _)| fits(*open)) {
            // A condition may decide whether a macro begins here and end inside of it.
            Some(at) => drop(self.blocks.remove(at)),
            None if !self.blocks.is_empty() || self.program.dialect.is_none() => {}
            None => {
                let message = "a block is closed that was never opened".to_owned();
                self.report(Diagnostic::new(Code::BlockMismatch, span, message));
            }
        }
    }

    fn instruction(
        &mut self,
        mnemonic: Mnemonic,
        word: &str,
        size: Option<Size>,
        cursor: &mut Cursor<'_, 's>,
    ) -> StatementKind<'s> {
        let operand_span = super::cursor::span_of(cursor.rest());
        let placeholders = cursor.has_placeholders();
        if self.giants(cursor) {
            return StatementKind::Opaque;
        }
        let (operand, prefix) = match operand(cursor, mnemonic) {
            Ok(read) => read,
            Err(diagnostic) => {
                if !placeholders && !self.is_redefined(word) && self.macro_depth == 0 {
                    self.report(diagnostic);
                }
                return StatementKind::Opaque;
            }
        };
        let implied = operand == Operand::None && Mnemonic::implies_accumulator(word);
        let operand = if implied { Operand::Accumulator } else { operand };
        // Parameters of a macro are plain names outside asar, and may stand for any text.
        let in_macro = self.macro_depth > 0 && self.program.dialect != Some(Dialect::Asar);
        let opaque = is_opaque(&operand) || self.is_redefined(word) || in_macro;
        StatementKind::Instruction(Instruction {
            mnemonic,
            size: size.or(prefix),
            operand,
            operand_span,
            opaque,
        })
    }

    /// A number of more than 32 bits, which no assembler holds.
    fn giants(&mut self, cursor: &Cursor<'_, '_>) -> bool {
        let giant = cursor.rest().iter().find(|token| matches!(token.kind, Kind::Number(_, 5..)));
        let message = || "a number of more than 32 bits; addresses have 24, values 16".to_owned();
        giant.map(|token| self.report(Diagnostic::new(Code::OperandRange, token.span, message()))).is_some()
    }

    fn is_redefined(&self, word: &str) -> bool {
        !self.macros.is_empty() && self.macros.contains(word)
    }

    /// A word that leads a statement and is nothing that is known: a macro from elsewhere, or nonsense.
    fn unknown(&mut self, word: &'s str, cursor: &Cursor<'_, '_>, span: Span) -> StatementKind<'s> {
        let in_macro = self.macro_depth > 0 && self.program.dialect != Some(Dialect::Asar);
        if self.macros.contains(word) || in_macro {
            return StatementKind::MacroCall(word);
        }
        let arguments = has_arguments(cursor);
        match spelling::judge(word, self.program.dialect, self.program.includes, arguments) {
            Word::Macro => StatementKind::MacroCall(word),
            Word::Nonsense(hint) => {
                let at = cursor.peek().map_or(span, |token| token.span);
                self.report(Diagnostic::new(Code::UnknownMnemonic, at, hint));
                StatementKind::Opaque
            }
        }
    }
}

/// Whether a comma parts what is left into more than an address and its index.
fn has_arguments(cursor: &Cursor<'_, '_>) -> bool {
    let is_index = |token: &Token| matches!(cursor.text(*token), "x" | "X" | "y" | "Y" | "s" | "S");
    let rest = cursor.rest();
    let mut commas = rest.windows(2).filter(|pair| pair[0].is(b','));
    commas.any(|pair| !is_index(&pair[1]))
}
