//! The bytes of a text, by as many rounds as its addresses need to settle.

use crate::diagnose::{Code, Diagnostic};
use crate::names::Names;
use crate::opcodes::{Mnemonic, Mode, find};
use crate::syntax::{Dialect, Directive, Expr, Instruction, Operand, Program, StatementKind};

use super::modes::modes;
use super::select::{Choice, Widths, choose};
use super::value::{Scope, Value};

/// Rounds until the addresses must have settled.
const MAX_ROUNDS: usize = 6;
/// Bytes of one space directive that are written out.
const MAX_SPACE: i64 = 1 << 20;

/// What the encoder is told.
pub struct Options<'a> {
    /// The address of the first byte.
    pub origin: u32,
    /// Values of names that the text does not define.
    pub symbols: &'a dyn Fn(&str) -> Option<u32>,
}

/// An encoded text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Encoded {
    /// The bytes of each statement: none where they cannot be known here.
    pub bytes: Vec<Option<Vec<u8>>>,
    /// The address of each statement, as far as it is known.
    pub addresses: Vec<Option<u32>>,
    /// Values that do not fit once addresses and widths are known.
    pub diagnostics: Vec<Diagnostic>,
}

impl Encoded {
    /// All bytes in order; none when any statement's are unknown.
    #[must_use]
    pub fn whole(&self) -> Option<Vec<u8>> {
        let pieces: Option<Vec<&Vec<u8>>> = self.bytes.iter().map(Option::as_ref).collect();
        Some(pieces?.into_iter().flatten().copied().collect())
    }
}

/// Encodes a text. What it cannot know it leaves open; it never guesses.
#[must_use]
pub fn encode(program: &Program<'_>, names: &Names<'_>, options: &Options<'_>) -> Encoded {
    let mut encoded = Encoded::default();
    for _ in 0..MAX_ROUNDS {
        let scope = Scope::new((program, names), &encoded.addresses, options.symbols);
        let next = round(&scope, options.origin);
        let settled = next.addresses == encoded.addresses;
        encoded = next;
        if settled {
            break;
        }
    }
    encoded
}

fn round(scope: &Scope<'_, '_>, origin: u32) -> Encoded {
    let mut widths = Widths::initial(scope.program.dialect);
    let mut here = Some(origin);
    let mut out = Encoded::default();
    for (at, statement) in scope.program.statements.iter().enumerate() {
        out.addresses.push(here);
        let place = scope.names.places.get(at).copied().unwrap_or_default();
        let (bytes, len) = match &statement.kind {
            _ if place.in_macro => (Some(Vec::new()), Some(0)),
            StatementKind::Instruction(instruction) => {
                let line = Line { scope, at, here, widths };
                let bytes = line.instruction(instruction, &mut out.diagnostics);
                widths.follow(instruction);
                bytes
            }
            StatementKind::Directive(directive) => {
                widths.directive(directive);
                if let Directive::Origin(expr) = directive {
                    here = expr
                        .as_ref()
                        .and_then(|expr| scope.value(at, expr).known)
                        .and_then(|v| u32::try_from(v).ok());
                    (Some(Vec::new()), Some(0))
                } else {
                    Line { scope, at, here, widths }.directive(directive)
                }
            }
            StatementKind::Label(_) | StatementKind::Assign { .. } => (Some(Vec::new()), Some(0)),
            StatementKind::MacroCall(_) | StatementKind::Opaque => (None, None),
        };
        let certain = len.filter(|len| !place.conditional || *len == 0);
        here = here.zip(certain).and_then(|(here, len)| here.checked_add(len));
        out.bytes.push(bytes.filter(|_| !place.conditional));
    }
    out
}

impl Widths {
    pub(super) fn follow(&mut self, instruction: &Instruction<'_>) {
        let Operand::Immediate(Expr::Number { value, .. }) = &instruction.operand else { return };
        let Ok(bits) = u8::try_from(*value) else { return };
        if matches!(instruction.mnemonic, Mnemonic::Rep | Mnemonic::Sep) {
            self.status(instruction.mnemonic == Mnemonic::Sep, bits);
        }
    }
}

/// One statement with what is known around it.
struct Line<'a, 's> {
    scope: &'a Scope<'a, 's>,
    at: usize,
    here: Option<u32>,
    widths: Widths,
}

/// Bytes and length of a statement, each as far as it is known.
type Made = (Option<Vec<u8>>, Option<u32>);

impl Line<'_, '_> {
    fn value(&self, expr: &Expr<'_>) -> Value {
        self.scope.value(self.at, expr)
    }

    fn instruction(&self, instruction: &Instruction<'_>, diagnostics: &mut Vec<Diagnostic>) -> Made {
        let dialect = self.scope.program.dialect;
        let Ok(modes) = modes(instruction, dialect) else { return (None, None) };
        let value = match &instruction.operand {
            Operand::Immediate(expr)
            | Operand::Plain(expr, _)
            | Operand::Indirect(expr, ..)
            | Operand::IndirectLong(expr, _) => self.banked(self.value(expr)),
            Operand::Banks(first, second) => self.banks(first, second),
            Operand::None if instruction.mnemonic == Mnemonic::Brk && dialect == Some(Dialect::Ca65) => {
                return (Some(vec![0]), Some(1));
            }
            Operand::None | Operand::Accumulator => Value { known: Some(0), ..Value::default() },
            Operand::Opaque => return (None, None),
        };
        let Some(choice) = choose(instruction, modes, value, dialect, self.widths) else {
            return (None, None);
        };
        let Some(code) = find(instruction.mnemonic, choice.mode) else { return (None, None) };
        let len = choice.repeat.saturating_mul(1 + u32::from(choice.bytes));
        if let Some(problem) = self.misfit(instruction, choice, value) {
            diagnostics.push(problem);
        }
        let operand = self.operand(choice, value).map(|operand| operand.to_le_bytes());
        let bytes = operand.map(|operand| {
            let one = std::iter::once(code).chain(operand.into_iter().take(usize::from(choice.bytes)));
            one.cycle().take(usize::try_from(len).unwrap_or(0)).collect()
        });
        (bytes, Some(len))
    }

    /// A label of another bank asks for a long address in asar. Where the own bank is unknown, so is the size.
    fn banked(&self, value: Value) -> Value {
        let is_asar = matches!(self.scope.program.dialect, None | Some(Dialect::Asar));
        let Some(known) = value.known.filter(|_| value.label && is_asar) else { return value };
        match self.here {
            Some(here) if known >> 16 == i64::from(here) >> 16 => value,
            Some(_) => Value { width: 3, ..value },
            None => Value { label: false, width: 0, ..value },
        }
    }

    /// The two banks as the word that the instruction holds: the destination first. asar takes them in that order,
    /// ca65 and WLA-DX take the source first.
    fn banks(&self, first: &Expr<'_>, second: &Expr<'_>) -> Value {
        let (first, second) = (self.value(first), self.value(second));
        let known = first.known.zip(second.known).map(|(first, second)| match self.scope.program.dialect {
            Some(Dialect::Ca65 | Dialect::Wla) => second & 0xff | (first & 0xff) << 8,
            Some(Dialect::Asar) | None => first & 0xff | (second & 0xff) << 8,
        });
        Value { known, ..Value::default() }
    }

    /// The operand as a number whose low bytes are written.
    fn operand(&self, choice: Choice, value: Value) -> Option<i64> {
        if matches!(choice.mode, Mode::Implied | Mode::Accumulator) {
            Some(0)
        } else if matches!(choice.mode, Mode::Relative | Mode::RelativeLong) && !self.is_raw(value) {
            self.distance(choice, value)
        } else {
            value.known
        }
    }

    /// asar takes a number behind a branch for the distance itself.
    fn is_raw(&self, value: Value) -> bool {
        self.scope.program.dialect == Some(Dialect::Asar) && !value.label
    }

    fn distance(&self, choice: Choice, value: Value) -> Option<i64> {
        let behind = i64::from(self.here?) + 1 + i64::from(choice.bytes);
        Some(value.known? - behind)
    }

    fn misfit(&self, instruction: &Instruction<'_>, choice: Choice, value: Value) -> Option<Diagnostic> {
        let problem = |code, what: String| {
            Diagnostic::new(code, instruction.operand_span, format!("{}: {what}", instruction.mnemonic))
        };
        if choice.mode == Mode::Relative && !self.is_raw(value) {
            let distance = self.distance(choice, value)?;
            let what = || format!("the label is {distance} bytes away, a branch goes -128 to 127");
            return (!(-128..128).contains(&distance)).then(|| problem(Code::BranchRange, what()));
        }
        let follows = matches!(choice.mode, Mode::ImmediateM | Mode::ImmediateX);
        if !follows || self.scope.program.dialect != Some(Dialect::Ca65) || value.label {
            return None;
        }
        let known = value.known?;
        let what = || format!("{known} does not fit the {} bits that are set for it here", 8 * choice.bytes);
        (known >= 1_i64 << (8 * u32::from(choice.bytes))).then(|| problem(Code::OperandRange, what()))
    }

    fn directive(&self, directive: &Directive<'_>) -> Made {
        match directive {
            Directive::Data(unit, units) => self.data(*unit, units),
            Directive::Space(count, fill) => self.space(count.as_ref(), fill.as_ref()),
            Directive::Unsized | Directive::Block(_) => (None, None),
            Directive::Origin(_)
            | Directive::AccumulatorWidth(_)
            | Directive::IndexWidth(_)
            | Directive::Smart
            | Directive::Namespace(_)
            | Directive::Neutral => (Some(Vec::new()), Some(0)),
        }
    }

    fn data(&self, unit: u8, units: &[Expr<'_>]) -> Made {
        let (mut bytes, mut len) = (Some(Vec::new()), 0_usize);
        let width = usize::from(unit);
        for expr in units {
            let values: Vec<Option<i64>> = if let Expr::Text(text) = expr {
                text.bytes().map(|byte| Some(i64::from(byte))).collect()
            } else {
                vec![self.value(expr).known]
            };
            len += values.len() * width;
            for value in values {
                bytes = bytes.zip(value).map(|(mut bytes, value)| {
                    bytes.extend(value.to_le_bytes().into_iter().take(width));
                    bytes
                });
            }
        }
        (bytes, u32::try_from(len).ok())
    }

    fn space(&self, count: Option<&Expr<'_>>, fill: Option<&Expr<'_>>) -> Made {
        let count =
            count.and_then(|expr| self.value(expr).known).filter(|count| (0..=MAX_SPACE).contains(count));
        let fill = fill.map_or(Some(0), |expr| self.value(expr).known);
        let Some(len) = count.and_then(|count| u32::try_from(count).ok()) else { return (None, None) };
        let bytes = fill.map(|fill| vec![fill.to_le_bytes()[0]; usize::try_from(len).unwrap_or(0)]);
        (bytes, Some(len))
    }
}
