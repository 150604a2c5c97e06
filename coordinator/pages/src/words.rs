//! Numbers, money and times as people read them, and texts of others as nothing but text.

use std::fmt::Write as _;
use std::time::Duration;

use hafs_proto::{MicroUsd, Timestamp};
use maud::{Markup, html};

/// Characters of one text that are shown; the rest is counted.
pub const LONGEST: usize = 20_000;
/// Characters of a text in a table.
pub const SHORT: usize = 160;

/// A number with its thousands apart.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Money in dollars: cents, or more digits of less than a cent.
#[must_use]
pub fn money(amount: MicroUsd) -> String {
    let (dollars, micros) = (amount.0 / 1_000_000, amount.0 % 1_000_000);
    if amount.0 == 0 || amount.0 >= 10_000 {
        format!("${}.{:02}", count(dollars), micros / 10_000)
    } else {
        format!("${dollars}.{micros:06}")
    }
}

/// A share of a whole in percent.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    match (u128::from(part) * 1_000).checked_div(u128::from(whole)) {
        None => "–".to_owned(),
        Some(thousandths) => format!("{}.{} %", thousandths / 10, thousandths % 10),
    }
}

/// A length of time in its largest two units.
#[must_use]
pub fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0 => format!("{} ms", length.as_millis()),
        1..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// When something was, seen from `now`; the exact time is in its title.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> Markup {
    let exact = at.to_string();
    let said =
        if at > now { format!("in {}", span(at.since(now))) } else { format!("{} ago", span(now.since(at))) };
    html! { time datetime=(exact) title=(exact) { (said) } }
}

/// Bytes in their largest unit.
#[must_use]
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let unit = (0..UNITS.len()).rev().find(|unit| number >> (10 * unit) > 0).unwrap_or(0);
    let tenths = (u128::from(number) * 10) >> (10 * unit);
    if unit == 0 { format!("{number} B") } else { format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit]) }
}

/// A text of others: characters that are obeyed and not shown are named, and a long text ends with how much is left.
#[must_use]
pub fn text(text: &str, longest: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(longest * 4) + 16);
    let mut characters = text.chars();
    for c in characters.by_ref().take(longest) {
        match c {
            '\n' | '\t' => shown.push(c),
            '\r' => {}
            c if obeyed(c) => {
                // Proof: writing to a string cannot fail.
                let _cannot_fail = write!(shown, "‹U+{:04X}›", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    let left = characters.count();
    if left > 0 {
        // Proof: writing to a string cannot fail.
        let _cannot_fail = write!(shown, "… ({} more characters)", count(left as u64));
    }
    shown
}

/// The beginning of a text on one line.
#[must_use]
pub fn line(of: &str, longest: usize) -> String {
    let words: Vec<&str> =
        of.chars().next().map_or_else(Vec::new, |_| of.split_whitespace().take(longest).collect());
    let joined = words.join(" ");
    match joined.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", text(&joined[..at], longest)),
        None => text(&joined, longest),
    }
}

/// Whether browsers do something else with it than show it.
/// Source: Unicode 16, general categories Cc and Cf (the ranges in use).
fn obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        let amounts = [0, 42, 9_999, 10_000, 1_234_560_000].map(|micros| money(MicroUsd(micros)));
        assert_eq!(amounts, ["$0.00", "$0.000042", "$0.009999", "$0.01", "$1,234.56"]);
        assert_eq!([percent(1, 3), percent(0, 0), percent(5, 5)], ["33.3 %", "–", "100.0 %"]);
        assert_eq!(
            [bytes(0), bytes(1_023), bytes(1_536), bytes(16 << 30)],
            ["0 B", "1023 B", "1.5 KiB", "16.0 GiB"]
        );
        let spans = [0, 59, 61, 3_700, 90_000].map(|seconds| span(Duration::from_secs(seconds)));
        assert_eq!(spans, ["0 ms", "59 s", "1 min 1 s", "1 h 1 min", "1 d 1 h"]);
    }

    #[test]
    fn a_long_text_says_how_much_is_left() {
        assert_eq!(text("abcdef", 4), "abcd… (2 more characters)");
        assert_eq!(line("a\n b\u{1b}[2J c", 20), "a b‹U+001B›[2J c");
        assert_eq!(line("one two three", 5), "one t…");
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_character_that_is_obeyed(any in any::<String>()) {
            prop_assert!(!text(&any, LONGEST).chars().any(|c| c != '\n' && c != '\t' && obeyed(c)));
            prop_assert!(!line(&any, SHORT).chars().any(obeyed));
        }
    }
}
