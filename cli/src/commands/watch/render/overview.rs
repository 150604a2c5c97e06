//! The factory at a glance.

use std::time::Duration;

use hafs_proto::people::{Progress, RunView};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::{Paint, clean};
use crate::commands::watch::facts::Facts;
use crate::commands::watch::log;
use crate::commands::watch::panes::{self, Tone};
use crate::commands::watch::state::State;
use crate::text::{count, length, share};

/// Cells of a bar.
const BAR: u64 = 30;
/// Runs that are shown.
const RUNS: usize = 5;
/// Heights of a column.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The lines of the pane, no more than fit.
#[must_use]
pub fn lines(state: &State, area: Rect, paint: Paint) -> Vec<Line<'static>> {
    let Some(facts) = &state.facts else { return vec![Line::from("waiting for the coordinator")] };
    let mut lines = flow(facts);
    lines.push(Line::default());
    let runs: Vec<&RunView> = facts.running().take(RUNS).collect();
    if runs.is_empty() {
        lines.push(Line::styled(
            "No run goes on: `hafs-factory runs start` starts one.",
            paint.tone(Tone::Bad),
        ));
    }
    for view in runs {
        lines.extend(run(state, view, paint));
    }
    lines.push(Line::default());
    lines.push(pace(state, area.width));
    lines.push(Line::default());
    lines.push(heading(state));
    let room = usize::from(area.height).saturating_sub(lines.len());
    let latest = state.log.iter().take(room);
    lines.extend(latest.map(|event| {
        Line::from(clean(&format!("{} {:<15} {}", log::clock(event), log::kind(event), event.message)))
    }));
    lines.truncate(usize::from(area.height));
    lines
}

/// From seed to sample, the queue, and who works.
fn flow(facts: &Facts) -> Vec<Line<'static>> {
    let sum = |part: fn(&Progress) -> u64| {
        count(facts.status.runs.iter().map(|view| part(&view.progress)).fold(0, u64::saturating_add))
    };
    let status = &facts.status;
    let oldest = length(Duration::from_millis(status.oldest_ready_ms));
    let busy: u64 = facts.workers.iter().map(|worker| worker.leased).sum();
    vec![
        Line::from(format!(
            "seeds {} > made {} > accepted {} | rejected {} | set aside {} | undecided {} | failed {}",
            sum(|it| it.seeds),
            sum(|it| it.generated),
            sum(|it| it.accepted),
            sum(|it| it.rejected),
            sum(|it| it.quarantined),
            sum(|it| it.candidates),
            sum(|it| it.failed),
        )),
        Line::from(format!(
            "tasks {} ready (oldest {oldest}), {} delayed, {} leased | workers {}, holding {} | cost {}",
            count(status.ready),
            count(status.delayed),
            count(status.leased),
            count(status.workers),
            count(busy),
            facts.cost(),
        )),
    ]
}

fn run(state: &State, view: &RunView, paint: Paint) -> [Line<'static>; 2] {
    let (accepted, target) = (view.progress.accepted, u64::from(view.progress.target));
    let full = accepted.min(target).saturating_mul(BAR) / target.max(1);
    let bar: String = (0..BAR).map(|cell| if cell < full { '█' } else { '░' }).collect();
    let budget = view.run.spec.budget.map_or_else(String::new, |budget| format!(" of {budget}"));
    [
        Line::styled(
            format!("{bar} {} of {} accepted ({})", count(accepted), count(target), share(accepted, target)),
            paint.tone(Tone::Good),
        ),
        Line::from(clean(&format!(
            "  {}: {}, cost {}{budget}",
            view.run.spec.name,
            panes::eta(state, view),
            view.progress.cost
        ))),
    ]
}

/// Accepted samples by time, the newest at the right.
fn pace(state: &State, width: u16) -> Line<'static> {
    let per_hour = state.pace.per_hour().map_or_else(|| "-".to_owned(), count);
    let label = format!("accepted an hour: {per_hour} ");
    let columns = state.pace.columns();
    let room = usize::from(width).saturating_sub(label.len());
    let shown = &columns[columns.len().saturating_sub(room)..];
    let most = shown.iter().copied().max().unwrap_or(0).max(1);
    let height = |made: &u64| {
        let step = usize::try_from(made.saturating_mul(8).div_ceil(most)).unwrap_or(8);
        step.checked_sub(1).map_or(' ', |step| HEIGHTS[step.min(7)])
    };
    Line::from(label + &shown.iter().map(height).collect::<String>())
}

fn heading(state: &State) -> Line<'static> {
    let missed = match state.log.missed {
        0 => String::new(),
        missed => format!(" ({} came too fast and are not shown)", count(missed)),
    };
    Line::styled(format!("latest events{missed}"), Style::new().add_modifier(Modifier::BOLD))
}
