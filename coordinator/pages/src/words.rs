//! Numbers, money and times as people read them, and texts of others as nothing but text.

use std::fmt::Write as _;
use std::time::Duration;

pub use hafs_proto::shown::{bytes, count};
use hafs_proto::shown::{is_obeyed, length};
use hafs_proto::{MicroUsd, Timestamp};
use maud::{Markup, html};

/// Characters of one text that are shown; the rest is counted.
pub const LONGEST: usize = 20_000;
/// Characters of a text in a table.
pub const SHORT: usize = 160;

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

/// A length of time in its largest two units; below a second in milliseconds.
#[must_use]
pub fn span(time: Duration) -> String {
    if time.as_secs() == 0 { format!("{} ms", time.as_millis()) } else { length(time) }
}

/// When something was, seen from `now`; the exact time is in its title.
#[must_use]
pub fn ago(at: Timestamp, now: Timestamp) -> Markup {
    let exact = at.to_string();
    let said =
        if at > now { format!("in {}", span(at.since(now))) } else { format!("{} ago", span(now.since(at))) };
    html! { time datetime=(exact) title=(exact) { (said) } }
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
            c if is_obeyed(c) => {
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
    let words: Vec<&str> = of.split_whitespace().take(longest).collect();
    let joined = words.join(" ");
    match joined.char_indices().nth(longest) {
        Some((at, _)) => format!("{}…", text(&joined[..at], longest)),
        None => text(&joined, longest),
    }
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
            prop_assert!(!text(&any, LONGEST).chars().any(|c| c != '\n' && c != '\t' && is_obeyed(c)));
            prop_assert!(!line(&any, SHORT).chars().any(is_obeyed));
        }
    }
}
