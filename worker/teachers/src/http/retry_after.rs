//! When a provider allows the next try.

use std::time::Duration;

use jiff::Zoned;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The longest hint that is believed. A provider that says more is asked again after a day.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Assumed for a date without a `Date` header to count from.
const UNDATED: Duration = Duration::from_secs(30);

/// Reads `retry-after-ms`, or `Retry-After` as seconds or as a date. A date is counted from the answer's own
/// `Date` header, so a wrong clock on either side does no harm.
/// Source: RFC 9110, section 10.2.3.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let hint = text("retry-after-ms")
        .and_then(|ms| seconds(ms, 1_000.0))
        .or_else(|| text(RETRY_AFTER.as_str()).and_then(|value| seconds(value, 1.0)))
        .or_else(|| until(text(RETRY_AFTER.as_str())?, text(DATE.as_str())))?;
    Some(hint.min(LONGEST))
}

fn seconds(text: &str, divisor: f64) -> Option<Duration> {
    let number: f64 = text.parse().ok()?;
    Duration::try_from_secs_f64((number / divisor).min(LONGEST.as_secs_f64())).ok()
}

fn until(text: &str, date: Option<&str>) -> Option<Duration> {
    let at = http_date(text)?;
    let Some(now) = date.and_then(http_date) else { return Some(UNDATED) };
    let gap = at.timestamp().as_second().saturating_sub(now.timestamp().as_second());
    Some(Duration::from_secs(u64::try_from(gap).unwrap_or(0)))
}

fn http_date(text: &str) -> Option<Zoned> {
    jiff::fmt::rfc2822::parse(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn read(pairs: &[(&str, &str)]) -> Option<Duration> {
        let headers = pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                    HeaderValue::from_str(value).expect("a value"),
                )
            })
            .collect();
        retry_after(&headers)
    }

    #[test]
    fn all_three_forms_are_read_and_nonsense_is_no_hint() {
        assert_eq!(read(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(read(&[("retry-after-ms", "1500")]), Some(Duration::from_millis(1_500)));
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(
            read(&[date, ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT")]),
            Some(Duration::from_secs(30))
        );
        assert_eq!(read(&[date, ("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")]), Some(Duration::ZERO));
        assert_eq!(read(&[("retry-after", "soon")]), None);
        assert_eq!(read(&[("retry-after", "-3")]), None);
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn a_hint_of_more_than_a_day_is_cut_to_a_day() {
        assert_eq!(read(&[("retry-after", "1e300")]), Some(LONGEST));
    }
}
