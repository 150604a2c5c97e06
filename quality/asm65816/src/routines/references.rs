//! What each routine computes. The text of these functions is what a teacher is shown, and the same functions are what
//! its assembly is held to, so that the two cannot differ.

/// Sums the two bytes; a sum over 255 becomes 255.
pub(super) fn add_saturating(left: u8, right: u8) -> u8 {
    left.saturating_add(right)
}

/// Subtracts the second byte from the first; what would be negative becomes 0.
pub(super) fn subtract_saturating(left: u8, right: u8) -> u8 {
    left.saturating_sub(right)
}

/// The product of two unsigned bytes, as a word.
pub(super) fn multiply(left: u8, right: u8) -> u16 {
    u16::from(left) * u16::from(right)
}

/// Quotient and remainder of a word and a byte. Division by 0 gives the quotient $FFFF and the word as remainder.
pub(super) fn divide(dividend: u16, divisor: u8) -> (u16, u16) {
    let divisor = u16::from(divisor);
    match dividend.checked_div(divisor) {
        Some(quotient) => (quotient, dividend % divisor),
        None => (0xffff, dividend),
    }
}

/// The whole part of the square root of an unsigned word.
pub(super) fn square_root(number: u16) -> u8 {
    let mut root: u8 = 0;
    while root < 255 && (u32::from(root) + 1) * (u32::from(root) + 1) <= u32::from(number) {
        root += 1;
    }
    root
}

/// The greatest common divisor of two unsigned words; of 0 and a number it is that number.
pub(super) fn greatest_common_divisor(left: u16, right: u16) -> u16 {
    let (mut left, mut right) = (left, right);
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left
}

/// The distance of a signed word from 0; that of -32768 is $8000.
pub(super) fn magnitude(number: u16) -> u16 {
    if number & 0x8000 == 0 { number } else { number.wrapping_neg() }
}

/// The byte, moved to the nearest end of LOW..=HIGH when it lies outside. All are unsigned.
pub(super) fn clamp(number: u8, low: u8, high: u8) -> u8 {
    number.max(low).min(high)
}

/// The binary value of a byte as decimal digits: hundreds in bits 8 to 11, tens in bits 4 to 7, ones in bits 0 to 3.
pub(super) fn to_decimal(number: u8) -> u16 {
    let number = u16::from(number);
    number / 100 * 0x100 + number / 10 % 10 * 0x10 + number % 10
}

/// The value of two decimal digits in a byte, the tens in its high half.
pub(super) fn from_decimal(digits: u8) -> u8 {
    (digits >> 4) * 10 + (digits & 0x0f)
}

/// How many bits of the word are set.
pub(super) fn count_bits(word: u16) -> u8 {
    let mut count = 0;
    for bit in 0..16 {
        count += u8::from(word >> bit & 1 == 1);
    }
    count
}

/// The byte with its bits in the opposite order: bit 0 becomes bit 7.
pub(super) fn reverse_bits(byte: u8) -> u8 {
    byte.reverse_bits()
}

/// The byte with its two halves exchanged.
pub(super) fn swap_nibbles(byte: u8) -> u8 {
    byte.rotate_left(4)
}

/// The next state of a shift register: one step to the right; if the bit that falls out is 1, TAPS is mixed in by
/// exclusive or.
pub(super) fn shift_register(state: u16, taps: u16) -> u16 {
    if state & 1 == 1 { state >> 1 ^ taps } else { state >> 1 }
}

/// A colour of the SNES from its three parts of 5 bits: red in bits 0 to 4, green in 5 to 9, blue in 10 to 14. The
/// upper three bits of each part do not count.
pub(super) fn pack_colour(red: u8, green: u8, blue: u8) -> u16 {
    u16::from(red & 31) | u16::from(green & 31) << 5 | u16::from(blue & 31) << 10
}

/// The offset of a tile in a map of 32 x 32 tiles of two bytes. The upper three bits of column and row do not count.
pub(super) fn tile_offset(column: u8, row: u8) -> u16 {
    u16::from(row & 31) * 64 + u16::from(column & 31) * 2
}

/// The digit for the low half of the byte, in ASCII: `0` to `9`, then `A` to `F`.
pub(super) fn hex_digit(byte: u8) -> u8 {
    let digit = byte & 0x0f;
    if digit < 10 { 0x30 + digit } else { 0x37 + digit }
}

/// The sum of all bytes, without what is carried out of the word.
pub(super) fn sum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum: u16, byte| sum.wrapping_add(u16::from(*byte)))
}

/// The exclusive or of all bytes.
pub(super) fn parity_byte(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// The checksum of all bytes by the 8-bit polynomial POLYNOMIAL, from 0, most significant bit first.
pub(super) fn crc8(bytes: &[u8], polynomial: u8) -> u8 {
    let mut crc: u8 = 0;
    for byte in bytes {
        crc ^= byte;
        for _ in 0..8 {
            crc = if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ polynomial };
        }
    }
    crc
}

/// The largest of the bytes, unsigned.
pub(super) fn largest(bytes: &[u8]) -> u8 {
    bytes.iter().copied().max().unwrap_or(0)
}

/// How many of the bytes equal the wanted one.
pub(super) fn count_byte(bytes: &[u8], wanted: u8) -> u8 {
    bytes.iter().fold(0, |count, byte| count + u8::from(*byte == wanted))
}

/// The place of the first byte that equals the wanted one, from 0; $FF when there is none.
pub(super) fn find_byte(bytes: &[u8], wanted: u8) -> u8 {
    let place = bytes.iter().position(|byte| *byte == wanted);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(0xff)
}

/// The same bytes, in the opposite order.
pub(super) fn reverse(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().rev().copied().collect()
}

/// The same bytes, the smallest first, unsigned.
pub(super) fn sort(bytes: &[u8]) -> Vec<u8> {
    let mut sorted = bytes.to_vec();
    sorted.sort_unstable();
    sorted
}

/// A copy of the bytes.
pub(super) fn copy(bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

/// Each byte with KEY mixed in by exclusive or.
pub(super) fn mask(bytes: &[u8], key: u8) -> Vec<u8> {
    bytes.iter().map(|byte| byte ^ key).collect()
}
