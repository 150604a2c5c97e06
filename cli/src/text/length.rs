//! Lengths of time: `12m`, `1h30m`, `3 min 20 s`.

use std::time::Duration;

pub use hafs_proto::shown::length;
use thiserror::Error;

/// The text that is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("expected a length of time such as `90s`, `12m`, `1h30m` or `7d`")]
pub struct LengthError;

/// Reads numbers with units (`d`, `h`, `m`, `s`), one after another; more than nothing, at most 1,000 days.
///
/// # Errors
/// [`LengthError`] for anything else.
pub fn parse_length(text: &str) -> Result<Duration, LengthError> {
    let mut rest = text;
    let mut seconds = 0_u64;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: u64 = rest[..digits].parse().map_err(|_| LengthError)?;
        let unit = rest[digits..].chars().next().ok_or(LengthError)?;
        let each = match unit {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return Err(LengthError),
        };
        let more = number.checked_mul(each).ok_or(LengthError)?;
        seconds = seconds.checked_add(more).ok_or(LengthError)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    if (1..=86_400_000).contains(&seconds) { Ok(Duration::from_secs(seconds)) } else { Err(LengthError) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up_and_anything_else_is_refused() {
        assert_eq!(parse_length("12m"), Ok(Duration::from_secs(720)));
        assert_eq!(parse_length("1h30m5s"), Ok(Duration::from_secs(5_405)));
        for bad in ["", "0s", "12", "m", "12 m", "1y", "99999999999999999999s", "1000000d", "-1s", "1é"] {
            assert_eq!(parse_length(bad), Err(LengthError), "{bad}");
        }
    }

    #[test]
    fn lengths_are_shown_in_two_units() {
        let shown = [5, 200, 5_405, 90_000].map(|seconds| length(Duration::from_secs(seconds)));
        assert_eq!(shown, ["5 s", "3 min 20 s", "1 h 30 min", "1 d 1 h"]);
    }
}
