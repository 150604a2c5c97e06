//! The numbers of a run, which add up, and what to try next.

use std::time::Duration;

use hafs_proto::RunState;
use hafs_proto::people::{DatasetView, Progress, ReasonCount, RunView};

use crate::text::{Grid, count, escape, length, pairs, share};

/// Reasons that are shown.
const REASONS: usize = 8;

type Row = (String, String);

/// A run in numbers.
#[must_use]
pub fn of_run(view: &RunView) -> Grid {
    pairs(rows(view))
}

/// A run in numbers after a session that took `elapsed`.
#[must_use]
pub fn of_session(view: &RunView, dataset: Option<&DatasetView>, elapsed: Duration) -> Grid {
    let mut rows = rows(view);
    rows.push(row("time of this session", length(elapsed)));
    rows.push(match dataset {
        Some(dataset) => {
            row("data set", format!("{} ({} samples)", escape(&dataset.path), count(dataset.samples)))
        }
        None => row("data set", "none written"),
    });
    pairs(rows)
}

fn rows(view: &RunView) -> Vec<Row> {
    let RunView { run, progress } = view;
    let because = run.ended_because.as_deref().map(|why| format!(": {}", escape(why))).unwrap_or_default();
    let of_made = |part: u64| format!("{} ({})", count(part), share(part, progress.generated));
    let mut rows = vec![
        row("run", format!("{} \"{}\"", run.id, escape(&run.spec.name))),
        row("state", format!("{}{because}", run.state.word())),
        row("seeds mined", count(progress.seeds)),
        row("samples made", count(progress.generated)),
        row(
            "  accepted",
            format!("{}, of {} wanted", of_made(progress.accepted), count(u64::from(progress.target))),
        ),
        row("  rejected", of_made(progress.rejected)),
    ];
    rows.extend(reasons(&progress.rejections));
    rows.push(row("  quarantined", of_made(progress.quarantined)));
    rows.push(row("  undecided", of_made(progress.candidates)));
    rows.push(row("generations that failed", count(progress.failed)));
    rows.extend(reasons(&progress.failures));
    rows.extend(spent(progress));
    rows
}

fn spent(progress: &Progress) -> [Row; 3] {
    let tokens = format!("{} in, {} out", count(progress.input_tokens), count(progress.output_tokens));
    [
        row("calls to teachers", count(progress.calls)),
        row("tokens", tokens),
        row("cost", if progress.cost.0 > 0 { progress.cost.to_string() } else { "none".to_owned() }),
    ]
}

/// First reasons, commonest first; what is not shown is summed up, so that the rows add up.
fn reasons(counts: &[ReasonCount]) -> Vec<Row> {
    let mut counts: Vec<&ReasonCount> = counts.iter().filter(|count| count.first > 0).collect();
    counts.sort_by_key(|count| std::cmp::Reverse(count.first));
    let rest: u64 = counts.iter().skip(REASONS).map(|count| count.first).sum();
    let shown = counts.into_iter().take(REASONS);
    let mut rows: Vec<Row> = shown
        .map(|it| {
            row(&format!("    {}", it.reason), format!("{}  {}", count(it.first), it.reason.describe()))
        })
        .collect();
    if rest > 0 {
        rows.push(row("    other reasons", count(rest)));
    }
    rows
}

fn row(what: &str, value: impl Into<String>) -> Row {
    (what.to_owned(), value.into())
}

/// Commands to try next. `options` are those of this call that the next ones need too.
#[must_use]
pub fn next(view: &RunView, dataset: Option<&DatasetView>, options: &str) -> String {
    let mut commands = Vec::new();
    if matches!(view.run.state, RunState::Running | RunState::Paused) {
        commands.push(("the same command again".to_owned(), "goes on with this run"));
    }
    let mut command = |text: &str, why| commands.push((format!("hafs-factory {text}{options}"), why));
    if let Some(dataset) = dataset {
        command(&format!("verify \"{}\"", escape(&dataset.path)), "checks the data set");
    } else if view.progress.accepted > 0 {
        command("export", "writes a data set of what was accepted");
    }
    let progress = &view.progress;
    for (number, text, why) in [
        (progress.accepted, "samples list --state accepted", "what was accepted"),
        (progress.rejected, "samples list --state rejected", "what was rejected, and why"),
        (progress.generated, "samples show SAMPLE", "lineage, checks and verdicts of one"),
        (progress.failed, "tasks list --state dead", "generations that failed"),
    ] {
        if number > 0 {
            command(text, why);
        }
    }
    command("verify", "checks the whole library");
    let width = commands.iter().map(|(text, _)| text.chars().count()).max().unwrap_or_default();
    let lines: Vec<String> = commands.iter().map(|(text, why)| format!("  {text:width$}  # {why}")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_proto::Reason;

    fn reason(reason: Reason, first: u64) -> ReasonCount {
        ReasonCount { reason, first, any: first }
    }

    #[test]
    fn reasons_are_shown_commonest_first_and_the_rest_is_summed_up() {
        let counts: Vec<ReasonCount> =
            Reason::ALL.iter().take(10).zip(1_u64..).map(|(it, first)| reason(*it, first)).collect();
        let rows = reasons(&counts);
        assert_eq!(rows.len(), REASONS + 1);
        assert!(rows[0].0.contains(Reason::ALL[9].code()), "{rows:?}");
        assert_eq!(rows.last(), Some(&row("    other reasons", "3")));
    }

    #[test]
    fn a_reason_that_was_never_the_first_is_left_out() {
        assert!(reasons(&[reason(Reason::Hedge, 0)]).is_empty());
    }
}
