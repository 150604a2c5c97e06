//! What was measured, as lines for people and as JSON for programs.

use std::fmt;

use serde::Serialize;

use super::machine::Machine;
use super::numbers::mebibytes;

/// Everything that was measured in one run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Where.
    pub machine: Machine,
    /// Whether it was a quick run, whose figures are rough.
    pub quick: bool,
    /// What.
    pub sections: Vec<Section>,
}

/// Figures that belong together.
#[derive(Debug, Serialize)]
pub struct Section {
    /// What they are about.
    pub title: String,
    /// The figures.
    pub lines: Vec<Line>,
}

/// One figure.
#[derive(Debug, Serialize)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What stands beside it, measured in the same run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// What is aimed for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aim: Option<Aim>,
}

/// A figure of something simpler.
#[derive(Debug, Serialize)]
pub struct Baseline {
    /// What it is.
    pub name: String,
    /// Its value, in the unit of the line.
    pub value: f64,
    /// The line's value divided by this one.
    pub ratio: f64,
}

/// What is aimed for, and whether it was reached.
#[derive(Debug, Serialize)]
pub struct Aim {
    /// In words.
    pub words: String,
    /// Whether it was reached in this run.
    pub met: bool,
}

impl Line {
    /// A figure alone.
    pub(super) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, baseline: None, aim: None }
    }

    /// Puts a baseline beside it.
    pub(super) fn beside(mut self, name: impl Into<String>, value: f64) -> Self {
        let ratio = if value == 0.0 { f64::NAN } else { self.value / value };
        self.baseline = Some(Baseline { name: name.into(), value, ratio });
        self
    }

    /// Aims for a value of at most this much.
    pub(super) fn at_most(mut self, most: f64) -> Self {
        let words = format!("at most {} {}", figure(most), self.unit);
        self.aim = Some(Aim { words, met: self.value <= most });
        self
    }

    /// Aims for at least this share of the baseline.
    pub(super) fn at_least_of_baseline(mut self, share: f64) -> Self {
        let met = self.baseline.as_ref().is_some_and(|baseline| baseline.ratio >= share);
        self.aim = Some(Aim { words: format!("at least {share:.2} of it"), met });
        self
    }
}

/// About four digits, none of them in the way.
fn figure(value: f64) -> String {
    match value.abs() {
        big if big >= 1_000.0 => format!("{value:.0}"),
        middle if middle >= 100.0 => format!("{value:.1}"),
        small if small >= 0.01 || small == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.machine)?;
        if self.quick {
            writeln!(f, "A quick run: long enough to see that it works, too short for figures that hold.")?;
        }
        self.sections.iter().try_for_each(|section| write!(f, "\n{section}"))
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gibibytes = mebibytes(self.memory_bytes) / 1024.0;
        let build = if self.optimised { "release build" } else { "NOT a release build" };
        writeln!(
            f,
            "{} cores ({}), {gibibytes:.1} GiB, {}, {}, {build}",
            self.cores, self.processor, self.file_system, self.system
        )?;
        let [before, ..] = self.load_before;
        let [after, ..] = self.load_after;
        write!(f, "load of the last minute: {before:.2} before, {after:.2} after")
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        self.lines.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<46}{:>10} {:<4}", self.name, figure(self.value), self.unit)?;
        if let Some(Baseline { name, value, ratio }) = &self.baseline {
            write!(f, "  {name}: {} {}, ratio {ratio:.2}", figure(*value), self.unit)?;
        }
        if let Some(Aim { words, met }) = &self.aim {
            write!(f, "  aim {words}: {}", if *met { "met" } else { "MISSED" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_value_baseline_ratio_and_whether_its_aim_is_met() {
        let line = Line::new("samples per second", 576.0, "/s").beside("bare loop", 640.0);
        let text = line.at_least_of_baseline(0.9).to_string();
        assert!(text.contains("576.0 /s"), "{text}");
        assert!(text.contains("bare loop: 640.0 /s, ratio 0.90  aim at least 0.90 of it: met"), "{text}");
        let text = Line::new("time", 301.0, "ms").at_most(300.0).to_string();
        assert!(text.ends_with("aim at most 300.0 ms: MISSED"), "{text}");
    }
}
