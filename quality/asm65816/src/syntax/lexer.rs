//! Cuts a line into its pieces. Works on bytes; every piece begins and ends between characters.

use crate::diagnose::Span;

use super::dialect::Dialect;
use super::token::{Kind, Token};

/// Pieces of one statement; what comes behind them is not read.
pub(super) const MAX_TOKENS: usize = 4096;

pub(super) struct Lexer<'s> {
    bytes: &'s [u8],
    at: usize,
    dialect: Option<Dialect>,
}

impl<'s> Lexer<'s> {
    pub(super) const fn new(source: &'s str, dialect: Option<Dialect>) -> Self {
        Self { bytes: source.as_bytes(), at: 0, dialect }
    }

    /// Reads the next logical line into `tokens` and says whether there was one. A line that ends in a comma or a
    /// backslash goes on in the next one. `lines` rises by the lines that were read.
    pub(super) fn line(&mut self, tokens: &mut Vec<Token>, lines: &mut u32) -> bool {
        tokens.clear();
        if self.at >= self.bytes.len() {
            return false;
        }
        let mut spaced = false;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\n' => {
                    self.at += 1;
                    *lines += 1;
                    if !self.goes_on(tokens) {
                        return true;
                    }
                    spaced = true;
                }
                b' ' | b'\t' | b'\r' | 0x0c => {
                    self.at += 1;
                    spaced = true;
                }
                b';' => self.skip_line(),
                b'/' if self.peek(1) == Some(b'/') => self.skip_line(),
                b'/' if self.peek(1) == Some(b'*') => {
                    *lines += self.skip_comment();
                    spaced = true;
                }
                _ => {
                    let token = self.token(byte, spaced);
                    if tokens.len() < MAX_TOKENS {
                        tokens.push(token);
                    }
                    spaced = false;
                }
            }
        }
        *lines += 1;
        true
    }

    fn goes_on(&self, tokens: &mut Vec<Token>) -> bool {
        let Some(last) = tokens.last() else { return false };
        if last.is(b'\\') {
            tokens.pop();
            return true;
        }
        last.is(b',') && self.dialect != Some(Dialect::Ca65) && tokens.len() < MAX_TOKENS
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn skip_line(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    }

    /// Skips a comment between `/*` and `*/` and counts its lines; without an end it goes to the end of the line.
    fn skip_comment(&mut self) -> u32 {
        let rest = &self.bytes[self.at + 2..];
        match rest.windows(2).position(|pair| pair == b"*/") {
            Some(len) => {
                self.at += 2 + len + 2;
                let lines = rest[..len].iter().filter(|&&byte| byte == b'\n').count();
                u32::try_from(lines).unwrap_or(u32::MAX)
            }
            None => {
                self.skip_line();
                0
            }
        }
    }

    fn token(&mut self, byte: u8, spaced: bool) -> Token {
        let start = self.at;
        let kind = match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => self.word(),
            b'0'..=b'9' => self.decimal(),
            b'$' => self.radix(16),
            b'%' => self.percent(),
            b'"' => self.quoted(b'"'),
            b'\'' => self.apostrophe(),
            b'.' if self.peek(1) == Some(b'{') && self.interpolated(1) => Kind::Placeholder,
            b'{' if self.interpolated(0) => Kind::Placeholder,
            b'.' | b'@' | b'?' => self.sigil(byte),
            b'!' => self.define(),
            b'<' => self.angle(),
            b'\\' => self.backslash(),
            0x80.. => self.foreign(),
            _ => self.sign(byte),
        };
        Token { kind, span: span(start, self.at), spaced }
    }

    fn while_name(&mut self) {
        while let Some(byte) = self.peek(0) {
            let joined = match byte {
                b'.' => self.peek(1).is_some_and(is_name),
                b'@' => self.dialect == Some(Dialect::Wla) && self.peek(1).is_some_and(is_name),
                b':' => {
                    self.dialect != Some(Dialect::Asar)
                        && self.peek(1) == Some(b':')
                        && self.peek(2).is_some_and(is_name)
                }
                _ => is_name(byte),
            };
            if !joined {
                return;
            }
            self.at += if byte == b':' { 2 } else { 1 };
        }
    }

    fn word(&mut self) -> Kind {
        self.while_name();
        Kind::Word
    }

    /// Names behind a sigil. `..` and `@@` open deeper local labels; a lone sigil is a sign.
    fn sigil(&mut self, byte: u8) -> Kind {
        let mut ahead = 1;
        let again = if byte == b'?' { b'.' } else { byte };
        while self.peek(ahead) == Some(again) {
            ahead += 1;
        }
        if byte == b'?' && self.macro_mark() {
            return Kind::Sigil;
        }
        if self.peek(ahead).is_some_and(is_name) {
            self.at += ahead;
            self.while_name();
            return Kind::Sigil;
        }
        self.sign(byte)
    }

    /// Takes `{value}`, which WLA-DX writes into a name, and says whether it was there.
    fn interpolated(&mut self, from: usize) -> bool {
        let rest = &self.bytes[self.at + from..];
        let end = rest.iter().position(|byte| matches!(byte, b'}' | b'\n' | b'"'));
        match end.filter(|&end| rest.get(end) == Some(&b'}') && self.dialect == Some(Dialect::Wla)) {
            Some(end) => {
                self.at += from + end + 1;
                true
            }
            None => false,
        }
    }

    /// Takes `?+` or `?--`, an anonymous label of a macro, and says whether it was there.
    fn macro_mark(&mut self) -> bool {
        let Some(sign) = self.peek(1).filter(|sign| matches!(sign, b'+' | b'-')) else { return false };
        let marks = self.bytes[self.at + 1..].iter().take_while(|&&byte| byte == sign).count();
        self.at += 1 + marks;
        true
    }

    /// `!name`, `!{name}`, `!!name` and `!^name`; `!=` and a lone `!` are signs.
    fn define(&mut self) -> Kind {
        let mut ahead = 1;
        while matches!(self.peek(ahead), Some(b'!' | b'^')) {
            ahead += 1;
        }
        if self.peek(ahead) == Some(b'{') {
            let rest = &self.bytes[self.at..];
            let line = rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
            if let Some(len) = rest[..line].iter().position(|&byte| byte == b'}') {
                self.at += len + 1;
                return Kind::Define;
            }
        }
        if self.peek(ahead).is_some_and(is_name) {
            self.at += ahead;
            while self.peek(0).is_some_and(is_name) {
                self.at += 1;
            }
            return Kind::Define;
        }
        self.sign(b'!')
    }

    /// `<name>` of a macro of asar; otherwise a sign.
    fn angle(&mut self) -> Kind {
        if matches!(self.dialect, None | Some(Dialect::Asar)) {
            let rest = &self.bytes[self.at + 1..];
            let skip = rest.iter().take_while(|&&byte| byte == b'^' || byte == b'.').count();
            let len = skip + rest[skip..].iter().take_while(|&&byte| is_name(byte)).count();
            if len > skip && rest.get(len) == Some(&b'>') && !rest[skip].is_ascii_digit() {
                self.at += len + 2;
                return Kind::Placeholder;
            }
        }
        self.sign(b'<')
    }

    /// `\name` and `\1` of a macro; a lone one goes on in the next line.
    fn backslash(&mut self) -> Kind {
        self.at += 1;
        let from = self.at;
        while self.peek(0).is_some_and(|byte| is_name(byte) || byte == b'@') {
            self.at += 1;
        }
        if self.at > from { Kind::Placeholder } else { Kind::Sign(b'\\') }
    }

    fn percent(&mut self) -> Kind {
        match self.peek(1) {
            Some(b'0' | b'1') => self.radix(2),
            Some(byte) if is_name(byte) => {
                self.at += 1;
                self.while_name();
                Kind::MacroName
            }
            _ => self.sign(b'%'),
        }
    }

    /// Digits behind `$` or `%`. Four digits of `$0012` ask for two bytes.
    fn radix(&mut self, radix: u32) -> Kind {
        self.at += 1;
        let (mut value, mut digits, mut bad) = (0_u32, 0_u32, false);
        while let Some(byte) = self.peek(0).filter(|&byte| is_name(byte)) {
            match char::from(byte).to_digit(radix) {
                Some(digit) => {
                    value = value.saturating_mul(radix).saturating_add(digit);
                    digits += 1;
                }
                None => bad |= byte != b'_',
            }
            self.at += 1;
        }
        match digits {
            0 if !bad => Kind::Sign(if radix == 16 { b'$' } else { b'%' }),
            _ if bad => Kind::BadNumber,
            _ => Kind::Number(value, bytes_of_digits(if radix == 16 { digits * 4 } else { digits })),
        }
    }

    /// Decimal digits, of which a fraction does not count; `12h` and `0x12` are hexadecimal in some assemblers.
    fn decimal(&mut self) -> Kind {
        let start = self.at;
        while self.peek(0).is_some_and(is_name) {
            self.at += 1;
        }
        let digits = &self.bytes[start..self.at];
        let fraction = self.peek(0) == Some(b'.') && self.peek(1).is_some_and(|byte| byte.is_ascii_digit());
        if fraction {
            self.at += 1;
            while self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
                self.at += 1;
            }
        }
        if let Some(value) = number(digits, 10) {
            let bytes = if value > 0xffff { 3 } else { 1 + u8::from(value > 0xff) };
            return Kind::Number(value, bytes);
        }
        let hex = match digits {
            [b'0', b'x' | b'X', hex @ ..] | [hex @ .., b'h' | b'H'] if !hex.is_empty() => hex,
            _ => return Kind::BadNumber,
        };
        match number(hex, 16) {
            Some(value) => Kind::Number(
                value,
                bytes_of_digits(u32::try_from(hex.len()).unwrap_or(u32::MAX).saturating_mul(4)),
            ),
            None => Kind::BadNumber,
        }
    }

    /// A text up to its closing quote on the same line. WLA-DX escapes with a backslash.
    fn quoted(&mut self, quote: u8) -> Kind {
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\n' => return Kind::OpenText,
                b'\\'
                    if self.dialect == Some(Dialect::Wla)
                        && self.peek(1).is_some_and(|next| next != b'\n') =>
                {
                    self.at += 2;
                }
                _ if byte == quote => {
                    self.at += 1;
                    return Kind::Text;
                }
                _ => self.at += 1,
            }
        }
        Kind::OpenText
    }

    /// `'A'` is a number; longer texts in single quotes are texts.
    fn apostrophe(&mut self) -> Kind {
        match (self.peek(1), self.peek(2)) {
            (Some(byte @ 0x20..=0x7e), Some(b'\'')) => {
                self.at += 3;
                Kind::Number(u32::from(byte), 1)
            }
            _ => self.quoted(b'\''),
        }
    }

    /// Everything that is not ASCII, in one piece.
    fn foreign(&mut self) -> Kind {
        while self.peek(0).is_some_and(|byte| byte >= 0x80) {
            self.at += 1;
        }
        Kind::Other
    }

    fn sign(&mut self, byte: u8) -> Kind {
        const PAIRS: [&[u8; 2]; 14] = [
            b"<<", b">>", b"<=", b">=", b"==", b"!=", b"<>", b"&&", b"||", b"**", b":=", b"?=", b"#=", b"+=",
        ];
        let pair = self.peek(1).map(|next| [byte, next]);
        if let Some(pair) = pair.filter(|pair| PAIRS.contains(&pair)) {
            self.at += 2;
            return Kind::Pair(pair);
        }
        self.at += 1;
        Kind::Sign(byte)
    }
}

pub(super) const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    digits.iter().try_fold(0_u32, |value, &byte| {
        let digit = char::from(byte).to_digit(radix)?;
        Some(value.saturating_mul(radix).saturating_add(digit))
    })
}

fn bytes_of_digits(bits: u32) -> u8 {
    u8::try_from(bits.div_ceil(8).min(5)).unwrap_or(5)
}

fn span(start: usize, end: usize) -> Span {
    let clip = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: clip(start), end: clip(end) }
}
