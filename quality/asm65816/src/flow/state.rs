//! What is known at one place.

/// Things on the stack that are kept apart; with more, the stack counts as unknown.
const MAX_DEPTH: usize = 24;

/// What is known of a status bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bit {
    /// It is clear: 16 bits.
    Clear,
    /// It is set: 8 bits.
    Set,
    /// It is what it was when the routine was entered.
    Entry,
    /// It may be either.
    Unknown,
}

impl Bit {
    pub(super) const fn of(set: bool) -> Self {
        if set { Self::Set } else { Self::Clear }
    }

    fn join(self, other: Self) -> Self {
        if self == other { self } else { Self::Unknown }
    }

    /// Bytes of a register of this width, if known.
    #[must_use]
    pub const fn bytes(self) -> Option<u8> {
        match self {
            Self::Set => Some(1),
            Self::Clear => Some(2),
            Self::Entry | Self::Unknown => None,
        }
    }
}

/// The two width bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Widths {
    pub m: Bit,
    pub x: Bit,
}

impl Widths {
    pub(super) const UNKNOWN: Self = Self { m: Bit::Unknown, x: Bit::Unknown };
    pub(super) const ENTRY: Self = Self { m: Bit::Entry, x: Bit::Entry };

    pub(super) fn join(self, other: Self) -> Self {
        Self { m: self.m.join(other.m), x: self.x.join(other.x) }
    }
}

/// Something on the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Item {
    /// A saved status.
    Status(Widths),
    /// So many bytes, if known.
    Bytes(Option<u8>),
}

/// What is known at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub widths: Widths,
    /// What the routine has put on the stack; none when that cannot be told any more.
    pub stack: Option<Vec<Item>>,
    /// The carry, for `XCE`.
    pub carry: Option<bool>,
}

impl State {
    pub(super) const fn entry(widths: Widths) -> Self {
        Self { widths, stack: Some(Vec::new()), carry: None }
    }

    /// Nothing is known.
    pub(super) const fn lost() -> Self {
        Self { widths: Widths::UNKNOWN, stack: None, carry: None }
    }

    /// Takes in another way to the same place, and says whether that changed anything.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let stack = if self.stack == other.stack { self.stack.clone() } else { None };
        let carry = if self.carry == other.carry { self.carry } else { None };
        let joined = Self { widths: self.widths.join(other.widths), stack, carry };
        let changed = joined != *self;
        *self = joined;
        changed
    }

    pub(super) fn push(&mut self, item: Item) {
        match &mut self.stack {
            Some(stack) if stack.len() < MAX_DEPTH => stack.push(item),
            Some(_) | None => self.stack = None,
        }
    }

    /// Takes bytes off the stack. What was pushed in other portions, or by the caller, leaves the stack unknown.
    pub(super) fn pull(&mut self, bytes: Option<u8>) {
        let top = self.stack.as_mut().and_then(Vec::pop);
        let fits = match top {
            Some(Item::Bytes(pushed)) => pushed.is_some() && pushed == bytes,
            Some(Item::Status(_)) => bytes == Some(1),
            None => false,
        };
        if !fits {
            self.stack = None;
        }
    }

    /// Takes a saved status off the stack.
    pub(super) fn pull_status(&mut self) {
        match self.stack.as_mut().and_then(Vec::pop) {
            Some(Item::Status(widths)) => self.widths = widths,
            Some(Item::Bytes(Some(1))) => self.widths = Widths::UNKNOWN,
            Some(Item::Bytes(_)) | None => {
                self.widths = Widths::UNKNOWN;
                self.stack = None;
            }
        }
    }
}
