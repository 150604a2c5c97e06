//! Charts as SVG: a meter for a share, columns for a series. Each says its numbers in words, too.

use maud::{Markup, html};

use crate::words::{count, percent};

/// How a meter is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Neither good nor bad.
    Plain,
    /// As it should be.
    Good,
    /// As it should not be.
    Bad,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "fill",
            Self::Good => "fill good",
            Self::Bad => "fill bad",
        }
    }
}

/// A share of a whole, drawn and said.
#[must_use]
pub fn meter(part: u64, whole: u64, tone: Tone, of_what: &str) -> Markup {
    let said = format!("{} of {} {of_what}, {}", count(part), count(whole), percent(part, whole));
    let width = thousandths(part, whole);
    html! {
        svg.meter viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label=(said) {
            title { (said) }
            rect.track width="1000" height="10" {}
            rect class=(tone.class()) width=(width) height="10" {}
        }
    }
}

/// One column: its label, what stands in it from below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// What it is of.
    pub label: String,
    /// The lower part.
    pub good: u64,
    /// The upper part.
    pub bad: u64,
}

const WIDTH: u64 = 720;
const HEIGHT: u64 = 120;

/// A series of two numbers, drawn as columns, with a table for those who cannot see it.
#[must_use]
pub fn columns(title: &str, (good, bad): (&str, &str), columns: &[Column]) -> Markup {
    let most = columns.iter().map(|column| column.good + column.bad).max().unwrap_or(0).max(1);
    let step = WIDTH / (columns.len() as u64).max(1);
    let height = |number: u64| number * HEIGHT / most;
    html! {
        svg.columns viewBox=(format!("0 0 {WIDTH} {}", HEIGHT + 18)) role="img" aria-label=(title) {
            title { (title) }
            line x1="0" x2=(WIDTH) y1=(HEIGHT) y2=(HEIGHT) stroke="currentColor" stroke-opacity=".25" {}
            @for (nth, column) in columns.iter().enumerate() {
                @let x = nth as u64 * step;
                @let (low, high) = (height(column.good), height(column.bad));
                g {
                    title { (column.label) ": " (count(column.good)) " " (good) ", " (count(column.bad)) " " (bad) }
                    rect.fill.good x=(x + 1) y=(HEIGHT - low) width=(step.saturating_sub(3).max(1)) height=(low) rx="2" {}
                    rect.fill.bad x=(x + 1) y=(HEIGHT - low - high) width=(step.saturating_sub(3).max(1)) height=(high) rx="2" {}
                }
                @if nth % 6 == 0 { text x=(x) y=(HEIGHT + 14) { (column.label) } }
            }
        }
        details.small {
            summary { "Numbers" }
            table {
                thead { tr { th { "from" } th.number { (good) } th.number { (bad) } } }
                tbody {
                    @for column in columns {
                        tr { td { (column.label) } td.number { (count(column.good)) } td.number { (count(column.bad)) } }
                    }
                }
            }
        }
    }
}

fn thousandths(part: u64, whole: u64) -> u64 {
    let share = (u128::from(part) * 1_000).checked_div(u128::from(whole)).unwrap_or(0);
    u64::try_from(share.min(1_000)).unwrap_or(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meter_never_leaves_its_frame_and_says_its_numbers() {
        let drawn = meter(3, 2, Tone::Good, "samples <b>").into_string();
        assert!(
            drawn.contains("width=\"1000\" height=\"10\"") && drawn.contains("3 of 2 samples &lt;b&gt;"),
            "{drawn}"
        );
        assert!(meter(1, 0, Tone::Plain, "x").into_string().contains("width=\"0\""));
    }

    #[test]
    fn columns_are_drawn_for_any_numbers() {
        let column = |good, bad| Column { label: "12:00".to_owned(), good, bad };
        let drawn = columns("Samples", ("accepted", "rejected"), &[column(0, 0), column(7, 3)]).into_string();
        assert!(
            drawn.contains("12:00: 7 accepted, 3 rejected") && drawn.contains("<td class=\"number\">7</td>")
        );
        assert!(columns("None", ("a", "b"), &[]).into_string().contains("None"));
    }
}
