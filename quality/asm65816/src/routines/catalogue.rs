//! The routines that can be asked for. Each row says what goes in, what comes out, and which reference computes it.

use super::references;
use super::values::{Given, byte, word};

/// Where a value lies when the routine is entered or has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The accumulator, as wide as the value.
    A,
    /// The index register X.
    X,
    /// The index register Y.
    Y,
    /// Memory, at an address that the task says.
    Memory,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// 8 bits.
    Byte,
    /// 16 bits.
    Word,
    /// Two decimal digits.
    Digits,
    /// As many bytes as the task says.
    Bytes,
}

/// A value that goes in or comes out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) kind: Kind,
}

/// A number that a task settles: it differs from task to task and is the same in every run of one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Constant {
    pub(super) name: &'static str,
    pub(super) from: u16,
    pub(super) to: u16,
}

/// How wide the registers are at the entry and at the return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Widths {
    pub(super) wide_a: bool,
    pub(super) wide_x: bool,
}

/// One routine.
#[derive(Debug)]
pub(super) struct Routine {
    /// The name of its reference.
    pub(super) name: &'static str,
    /// What it does, as one asks for it.
    pub(super) asks: &'static str,
    pub(super) widths: Widths,
    pub(super) takes: &'static [Slot],
    pub(super) gives: &'static [Slot],
    pub(super) constants: &'static [Constant],
    pub(super) reference: fn(&Given) -> Vec<Vec<u8>>,
}

const NARROW: Widths = Widths { wide_a: false, wide_x: false };
const WIDE_A: Widths = Widths { wide_a: true, wide_x: false };
const WIDE: Widths = Widths { wide_a: true, wide_x: true };

const fn slot(name: &'static str, place: Place, kind: Kind) -> Slot {
    Slot { name, place, kind }
}

const fn constant(name: &'static str, from: u16, to: u16) -> Constant {
    Constant { name, from, to }
}

use Kind::{Byte, Bytes, Digits, Word};
use Place::{A, Memory, X, Y};

const LEFT_A: Slot = slot("left", A, Byte);
const RIGHT_X: Slot = slot("right", X, Byte);
const BYTES: Slot = slot("bytes", Memory, Bytes);

/// Every routine, the simple ones first.
pub(super) const ROUTINES: &[Routine] = &[
    Routine {
        name: "add_saturating",
        asks: "adds two unsigned bytes and stops at 255 instead of wrapping around",
        widths: NARROW,
        takes: &[LEFT_A, RIGHT_X],
        gives: &[slot("sum", A, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::add_saturating(given.byte(0), given.byte(1)))],
    },
    Routine {
        name: "subtract_saturating",
        asks: "subtracts one unsigned byte from another and stops at 0 instead of wrapping around",
        widths: NARROW,
        takes: &[LEFT_A, slot("right", Y, Byte)],
        gives: &[slot("difference", A, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::subtract_saturating(given.byte(0), given.byte(1)))],
    },
    Routine {
        name: "swap_nibbles",
        asks: "exchanges the two halves of a byte",
        widths: NARROW,
        takes: &[slot("byte", A, Byte)],
        gives: &[slot("swapped", A, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::swap_nibbles(given.byte(0)))],
    },
    Routine {
        name: "reverse_bits",
        asks: "puts the bits of a byte in the opposite order",
        widths: NARROW,
        takes: &[slot("byte", A, Byte)],
        gives: &[slot("reversed", A, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::reverse_bits(given.byte(0)))],
    },
    Routine {
        name: "clamp",
        asks: "keeps an unsigned byte within two bounds",
        widths: NARROW,
        takes: &[slot("number", A, Byte)],
        gives: &[slot("clamped", A, Byte)],
        constants: &[constant("LOW", 1, 100), constant("HIGH", 101, 254)],
        reference: |given| {
            vec![byte(references::clamp(given.byte(0), given.constant_byte(0), given.constant_byte(1)))]
        },
    },
    Routine {
        name: "hex_digit",
        asks: "turns the low half of a byte into a hexadecimal digit in ASCII",
        widths: NARROW,
        takes: &[slot("byte", A, Byte)],
        gives: &[slot("digit", A, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::hex_digit(given.byte(0)))],
    },
    Routine {
        name: "magnitude",
        asks: "gives the distance of a signed word from 0",
        widths: WIDE_A,
        takes: &[slot("number", A, Word)],
        gives: &[slot("magnitude", A, Word)],
        constants: &[],
        reference: |given| vec![word(references::magnitude(given.word(0)))],
    },
    Routine {
        name: "shift_register",
        asks: "takes one step of a 16-bit shift register that makes pseudo-random numbers",
        widths: WIDE_A,
        takes: &[slot("state", A, Word)],
        gives: &[slot("next", A, Word)],
        constants: &[constant("TAPS", 0x8000, 0xffff)],
        reference: |given| vec![word(references::shift_register(given.word(0), given.constant(0)))],
    },
    Routine {
        name: "count_bits",
        asks: "counts the bits that are set in a word",
        widths: WIDE,
        takes: &[slot("word", A, Word)],
        gives: &[slot("count", X, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::count_bits(given.word(0)))],
    },
    Routine {
        name: "pack_colour",
        asks: "packs red, green and blue of 5 bits each into a colour word of the SNES",
        widths: NARROW,
        takes: &[slot("red", A, Byte), slot("green", X, Byte), slot("blue", Y, Byte)],
        gives: &[slot("colour", Memory, Word)],
        constants: &[],
        reference: |given| vec![word(references::pack_colour(given.byte(0), given.byte(1), given.byte(2)))],
    },
    Routine {
        name: "tile_offset",
        asks: "computes the offset of a tile in a tile map of the SNES",
        widths: NARROW,
        takes: &[slot("column", X, Byte), slot("row", Y, Byte)],
        gives: &[slot("offset", Memory, Word)],
        constants: &[],
        reference: |given| vec![word(references::tile_offset(given.byte(0), given.byte(1)))],
    },
    Routine {
        name: "multiply",
        asks: "multiplies two unsigned bytes without the multiplication registers",
        widths: NARROW,
        takes: &[LEFT_A, RIGHT_X],
        gives: &[slot("product", Memory, Word)],
        constants: &[],
        reference: |given| vec![word(references::multiply(given.byte(0), given.byte(1)))],
    },
    Routine {
        name: "divide",
        asks: "divides an unsigned word by an unsigned byte without the division registers",
        widths: NARROW,
        takes: &[slot("dividend", Memory, Word), slot("divisor", A, Byte)],
        gives: &[slot("quotient", Memory, Word), slot("remainder", Memory, Word)],
        constants: &[],
        reference: |given| {
            let (quotient, remainder) = references::divide(given.word(0), given.byte(1));
            vec![word(quotient), word(remainder)]
        },
    },
    Routine {
        name: "square_root",
        asks: "computes the whole part of the square root of an unsigned word",
        widths: WIDE,
        takes: &[slot("number", A, Word)],
        gives: &[slot("root", Y, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::square_root(given.word(0)))],
    },
    Routine {
        name: "greatest_common_divisor",
        asks: "computes the greatest common divisor of two unsigned words",
        widths: WIDE,
        takes: &[slot("left", X, Word), slot("right", Y, Word)],
        gives: &[slot("divisor", A, Word)],
        constants: &[],
        reference: |given| vec![word(references::greatest_common_divisor(given.word(0), given.word(1)))],
    },
    Routine {
        name: "to_decimal",
        asks: "turns a byte into three decimal digits",
        widths: NARROW,
        takes: &[slot("number", A, Byte)],
        gives: &[slot("digits", Memory, Word)],
        constants: &[],
        reference: |given| vec![word(references::to_decimal(given.byte(0)))],
    },
    Routine {
        name: "from_decimal",
        asks: "turns two decimal digits in a byte into their value",
        widths: NARROW,
        takes: &[slot("digits", A, Digits)],
        gives: &[slot("value", A, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::from_decimal(given.byte(0)))],
    },
    Routine {
        name: "sum",
        asks: "adds up the bytes of a table",
        widths: WIDE,
        takes: &[BYTES],
        gives: &[slot("sum", A, Word)],
        constants: &[],
        reference: |given| vec![word(references::sum(given.bytes(0)))],
    },
    Routine {
        name: "parity_byte",
        asks: "mixes the bytes of a table by exclusive or",
        widths: NARROW,
        takes: &[BYTES],
        gives: &[slot("parity", A, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::parity_byte(given.bytes(0)))],
    },
    Routine {
        name: "crc8",
        asks: "computes an 8-bit cyclic redundancy check of a table",
        widths: NARROW,
        takes: &[BYTES],
        gives: &[slot("crc", A, Byte)],
        constants: &[constant("POLYNOMIAL", 1, 255)],
        reference: |given| vec![byte(references::crc8(given.bytes(0), given.constant_byte(0)))],
    },
    Routine {
        name: "largest",
        asks: "finds the largest unsigned byte of a table",
        widths: NARROW,
        takes: &[BYTES],
        gives: &[slot("largest", A, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::largest(given.bytes(0)))],
    },
    Routine {
        name: "count_byte",
        asks: "counts how often a byte stands in a table",
        widths: NARROW,
        takes: &[BYTES, slot("wanted", A, Byte)],
        gives: &[slot("count", Y, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::count_byte(given.bytes(0), given.byte(1)))],
    },
    Routine {
        name: "find_byte",
        asks: "finds where a byte first stands in a table",
        widths: NARROW,
        takes: &[BYTES, slot("wanted", A, Byte)],
        gives: &[slot("place", X, Byte)],
        constants: &[],
        reference: |given| vec![byte(references::find_byte(given.bytes(0), given.byte(1)))],
    },
    Routine {
        name: "copy",
        asks: "copies a table to another place",
        widths: NARROW,
        takes: &[BYTES],
        gives: &[slot("copied", Memory, Bytes)],
        constants: &[],
        reference: |given| vec![references::copy(given.bytes(0))],
    },
    Routine {
        name: "mask",
        asks: "copies a table and mixes a key into each of its bytes by exclusive or",
        widths: NARROW,
        takes: &[BYTES],
        gives: &[slot("masked", Memory, Bytes)],
        constants: &[constant("KEY", 1, 255)],
        reference: |given| vec![references::mask(given.bytes(0), given.constant_byte(0))],
    },
    Routine {
        name: "reverse",
        asks: "copies a table in the opposite order",
        widths: NARROW,
        takes: &[BYTES],
        gives: &[slot("reversed", Memory, Bytes)],
        constants: &[],
        reference: |given| vec![references::reverse(given.bytes(0))],
    },
    Routine {
        name: "sort",
        asks: "copies a table and sorts the copy, the smallest byte first",
        widths: NARROW,
        takes: &[BYTES],
        gives: &[slot("sorted", Memory, Bytes)],
        constants: &[],
        reference: |given| vec![references::sort(given.bytes(0))],
    },
];
