//! Numbers digit by digit: a prefix is kept only while some number within the bounds begins with it.
//!
//! Values are counted in millionths, so that all comparisons are exact. A number has at most 15 digits before the
//! point and 6 after it, and no exponent.

const SCALE: i128 = 1_000_000;
const FRACTION_DIGITS: u32 = 6;
const WHOLE_DIGITS: u32 = 15;
/// The largest number that can be written, in millionths.
const LIMIT: i128 = 10_i128.pow(WHOLE_DIGITS + FRACTION_DIGITS) - 1;

/// What numbers are allowed, in millionths, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    integer: bool,
    low: i128,
    high: i128,
}

impl Bounds {
    /// Bounds from a schema's inclusive and exclusive ends; nothing if no number is left.
    pub(crate) fn new(
        integer: bool,
        low: (Option<f64>, Option<f64>),
        high: (Option<f64>, Option<f64>),
    ) -> Option<Self> {
        let step = if integer { SCALE } else { 1 };
        let up = |value: f64| round(value, step, f64::ceil);
        let down = |value: f64| round(value, step, f64::floor);
        let lows = [low.0.map(up), low.1.map(|value| down(value) + step)];
        let highs = [high.0.map(down), high.1.map(|value| up(value) - step)];
        let bounds = Self {
            integer,
            low: lows.into_iter().flatten().max().unwrap_or(-LIMIT).max(-LIMIT),
            high: highs.into_iter().flatten().min().unwrap_or(LIMIT).min(LIMIT),
        };
        (bounds.low <= bounds.high).then_some(bounds)
    }
}

/// `value` in millionths, rounded to a multiple of `step`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "clamped to the range that can be written before the cast"
)]
fn round(value: f64, step: i128, rounding: fn(f64) -> f64) -> i128 {
    let per_step = if step == SCALE { value } else { value * 1e6 };
    // What is a whole number of steps but for the error of the multiplication is taken as whole.
    let near = per_step.round();
    let whole = if (per_step - near).abs() < 1e-6 { near } else { rounding(per_step) };
    (whole.clamp(-1e21, 1e21) as i128).saturating_mul(step).clamp(-LIMIT - SCALE, LIMIT + SCALE)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Start,
    Minus,
    /// A single zero before the point.
    Zero,
    /// Digits before the point.
    Whole,
    /// The point, or digits after it.
    Fraction,
}

/// A number that is being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Number {
    bounds: Bounds,
    phase: Phase,
    negative: bool,
    /// What is written so far, without sign and point.
    digits: i128,
    whole: u32,
    fraction: u32,
}

impl Number {
    /// Nothing written yet.
    pub(crate) const fn new(bounds: Bounds) -> Self {
        Self { bounds, phase: Phase::Start, negative: false, digits: 0, whole: 0, fraction: 0 }
    }

    /// Takes a byte if some number within the bounds goes on like this.
    pub(crate) fn push(&mut self, byte: u8) -> bool {
        let Some(next) = self.after(byte) else { return false };
        *self = next;
        self.reaches_bounds()
    }

    fn after(mut self, byte: u8) -> Option<Self> {
        match (self.phase, byte) {
            (Phase::Start, b'-') => {
                self.phase = Phase::Minus;
                self.negative = true;
            }
            (Phase::Start | Phase::Minus, b'0') if !(self.negative && self.bounds.integer) => {
                self.phase = Phase::Zero
            }
            (Phase::Start | Phase::Minus | Phase::Whole, b'0'..=b'9') => {
                if self.whole == WHOLE_DIGITS || (self.whole == 0 && byte == b'0') {
                    return None;
                }
                self.phase = Phase::Whole;
                self.whole += 1;
                self.digits = self.digits * 10 + i128::from(byte - b'0');
            }
            (Phase::Zero | Phase::Whole, b'.') if !self.bounds.integer => self.phase = Phase::Fraction,
            (Phase::Fraction, b'0'..=b'9') if self.fraction < FRACTION_DIGITS => {
                self.fraction += 1;
                self.digits = self.digits * 10 + i128::from(byte - b'0');
            }
            (Phase::Start | Phase::Minus | Phase::Zero | Phase::Whole | Phase::Fraction, _) => return None,
        }
        Some(self)
    }

    /// Whether what is written is a number within the bounds.
    pub(crate) fn can_end(&self) -> bool {
        let finished = match self.phase {
            Phase::Start | Phase::Minus => false,
            Phase::Zero | Phase::Whole => true,
            Phase::Fraction => self.fraction > 0,
        };
        finished && self.overlaps(self.value(), self.value())
    }

    /// What is written, in millionths and without its sign.
    fn value(&self) -> i128 {
        self.digits * 10_i128.pow(FRACTION_DIGITS - self.fraction)
    }

    fn reaches_bounds(&self) -> bool {
        match self.phase {
            Phase::Start => true,
            Phase::Minus => self.overlaps(1, LIMIT),
            Phase::Zero if self.bounds.integer => self.overlaps(0, 0),
            Phase::Zero => self.overlaps(0, SCALE - 1),
            Phase::Whole => (0..=WHOLE_DIGITS - self.whole).any(|more| {
                let factor = 10_i128.pow(more);
                let first = self.digits * factor * SCALE;
                let rest = if self.bounds.integer { (factor - 1) * SCALE } else { factor * SCALE - 1 };
                self.overlaps(first, first + rest)
            }),
            Phase::Fraction => {
                let unwritten = 10_i128.pow(FRACTION_DIGITS - self.fraction) - 1;
                self.overlaps(self.value(), self.value() + unwritten)
            }
        }
    }

    /// Whether some magnitude from `first` to `last` is within the bounds with the sign that is written.
    fn overlaps(&self, first: i128, last: i128) -> bool {
        let (low, high) = if self.negative { (-last, -first) } else { (first, last) };
        low <= self.bounds.high && high >= self.bounds.low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn writes(bounds: Bounds, text: &str) -> bool {
        let mut number = Number::new(bounds);
        text.bytes().all(|byte| number.push(byte)) && number.can_end()
    }

    #[test]
    fn only_json_numbers_within_the_bounds_can_be_written() {
        let score = Bounds::new(false, (Some(0.0), None), (Some(1.0), None)).expect("bounds");
        for good in ["0", "1", "0.5", "1.0", "0.000001", "1.000000"] {
            assert!(writes(score, good), "{good}");
        }
        for bad in ["", "-1", "2", "1.1", "00", "01", ".5", "0.", "1e0", "0.0000001", "-"] {
            assert!(!writes(score, bad), "{bad}");
        }
        let below = Bounds::new(true, (None, None), (None, Some(0.0))).expect("bounds");
        assert!(writes(below, "-1") && !writes(below, "0") && !writes(below, "-0") && !writes(below, "1"));
        let teen = Bounds::new(true, (Some(13.0), None), (Some(19.0), None)).expect("bounds");
        assert!(writes(teen, "13") && !writes(teen, "2") && !writes(teen, "20") && !writes(teen, "1"));
    }

    proptest! {
        #[test]
        fn an_integer_can_be_written_exactly_if_it_is_within_the_bounds(
            a in -2_000_i64..2_000, b in -2_000_i64..2_000, value in -2_500_i64..2_500,
        ) {
            #[expect(clippy::cast_precision_loss, reason = "small test numbers")]
            let bounds = Bounds::new(true, (Some(a.min(b) as f64), None), (Some(a.max(b) as f64), None));
            let bounds = bounds.expect("some number is left");
            prop_assert_eq!(writes(bounds, &value.to_string()), (a.min(b)..=a.max(b)).contains(&value));
        }

        #[test]
        fn a_prefix_that_is_kept_can_always_be_finished(a in -999_i32..999, width in 0_u32..50, path in proptest::collection::vec(0_usize..12, 0..20)) {
            let low = f64::from(a) / 7.0;
            let Some(bounds) = Bounds::new(false, (Some(low), None), (Some(low + f64::from(width) / 100.0), None))
            else { return Ok(()) };
            let mut number = Number::new(bounds);
            for choice in path {
                let mut next = number;
                if next.push(b"-.0123456789"[choice]) { number = next; }
            }
            for _ in 0..30 {
                if number.can_end() { break; }
                let step = b".0123456789-".iter().find_map(|byte| {
                    let mut next = number;
                    next.push(*byte).then_some(next)
                });
                prop_assert!(step.is_some(), "stuck at {:?}", number);
                number = step.unwrap_or(number);
            }
            prop_assert!(number.can_end(), "{:?}", number);
        }
    }
}
