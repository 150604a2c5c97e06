//! How long something lasts, in all the forms in which providers say it.

use std::time::Duration;

use jiff::{Timestamp, Zoned};

/// The longest hint that is believed. A provider that says more is asked again after a day.
pub(crate) const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Assumed for a moment without a `Date` header to count from.
const UNDATED: Duration = Duration::from_secs(30);

/// Reads seconds (`12`, `0.5`), a span (`6m0s`, `1h2m3.5s`, `120ms`), or a moment (RFC 3339, or the form of HTTP's
/// dates) that is counted from `date`, the answer's own `Date` header: a wrong clock on either side does no harm.
/// Nothing is longer than a day.
/// Source: RFC 9110, section 10.2.3; RFC 3339; Go's `time.Duration` for spans.
pub(crate) fn time_left(text: &str, date: Option<&str>) -> Option<Duration> {
    let text = text.trim();
    let left = seconds(text).or_else(|| span(text)).or_else(|| until(text, date))?;
    Some(left.min(LONGEST))
}

/// A number of seconds.
pub(crate) fn seconds(text: &str) -> Option<Duration> {
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let number: f64 = text.parse().ok().filter(|_| plain)?;
    Duration::try_from_secs_f64(number.min(LONGEST.as_secs_f64())).ok()
}

/// Numbers with units, such as `6m0s`, added up.
fn span(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 8] = [
        ("ns", 1e-9),
        ("us", 1e-6),
        ("µs", 1e-6),
        ("ms", 1e-3),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3_600.0),
        ("d", 86_400.0),
    ];
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let word = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(word);
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let number: f64 = number.parse().ok()?;
        total += Duration::try_from_secs_f64((number * factor).min(LONGEST.as_secs_f64())).ok()?;
        total = total.min(LONGEST);
        rest = after;
    }
    (!text.is_empty()).then_some(total)
}

fn until(text: &str, date: Option<&str>) -> Option<Duration> {
    let at = moment(text)?;
    let Some(now) = date.and_then(moment) else { return Some(UNDATED) };
    let gap = at.as_millisecond().saturating_sub(now.as_millisecond());
    Some(Duration::from_millis(u64::try_from(gap).unwrap_or(0)))
}

fn moment(text: &str) -> Option<Timestamp> {
    let http_date = || jiff::fmt::rfc2822::parse(text).ok().map(|at: Zoned| at.timestamp());
    text.parse().ok().or_else(http_date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form_that_a_provider_uses_is_read() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let ms = Duration::from_millis;
        for (text, date, left) in [
            ("7", None, Some(ms(7_000))),
            ("0.5", None, Some(ms(500))),
            ("1e300", None, Some(LONGEST)),
            ("6m0s", None, Some(ms(360_000))),
            ("1h2m3.5s", None, Some(ms(3_723_500))),
            ("120ms", None, Some(ms(120))),
            ("34.5s", None, Some(ms(34_500))),
            ("59.987s", None, Some(ms(59_987))),
            ("3d", None, Some(LONGEST)),
            ("1994-11-06T08:50:07Z", date, Some(ms(30_000))),
            ("1994-11-06T09:50:07+01:00", date, Some(ms(30_000))),
            ("1994-11-06T08:00:00Z", date, Some(Duration::ZERO)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", date, Some(ms(30_000))),
            ("Sun, 06 Nov 1994 08:50:07 GMT", None, Some(UNDATED)),
            ("soon", None, None),
            ("-3", None, None),
            ("NaN", None, None),
            ("inf", None, None),
            ("5 parsecs", None, None),
            ("m", None, None),
            ("", None, None),
        ] {
            assert_eq!(time_left(text, date), left, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_wait_for_more_than_a_day(text in "\\PC{0,24}", date in "\\PC{0,30}") {
            prop_assert!(time_left(&text, Some(&date)).is_none_or(|left| left <= LONGEST));
        }

        #[test]
        fn a_span_is_what_its_parts_say(text in "([0-9]{1,25}(\\.[0-9]{1,3})?(ms|s|m|h|d)){1,6}") {
            prop_assert!(time_left(&text, None).is_some_and(|left| left <= LONGEST));
        }

        #[test]
        fn hours_minutes_and_seconds_add_up(h in 0_u64..20, m in 0_u64..60, s in 0_u64..60) {
            let left = time_left(&format!("{h}h{m}m{s}s"), None);
            prop_assert_eq!(left, Some(Duration::from_secs(h * 3_600 + m * 60 + s)));
        }
    }
}
