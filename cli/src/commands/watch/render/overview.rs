//! The factory at a glance.

use std::time::Duration;

use hafs_proto::people::{Progress, RunView};
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::{Paint, clean};
use crate::commands::watch::facts::Facts;
use crate::commands::watch::log;
use crate::commands::watch::panes::Tone;
use crate::commands::watch::state::State;
use crate::text::{count, length, share};

/// Cells of a bar.
const BAR: u64 = 30;
/// Runs that are shown.
const RUNS: usize = 5;
/// Troubles that are shown.
const TROUBLES: usize = 3;
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
        lines.extend(run(facts, view, paint));
    }
    lines.push(Line::default());
    lines.push(hours(facts));
    lines.extend(facts.overview.troubles.iter().take(TROUBLES).map(|trouble| {
        let next = if trouble.next.is_empty() { String::new() } else { format!(" -> {}", trouble.next) };
        Line::styled(clean(&format!("! {}{next}", trouble.summary)), paint.tone(Tone::Bad))
    }));
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
        count(facts.runs().iter().map(|view| part(&view.progress)).fold(0, u64::saturating_add))
    };
    let status = &facts.overview.status;
    let oldest = length(Duration::from_millis(status.oldest_ready_ms));
    let busy: u64 = facts.workers.iter().map(|worker| worker.leased).sum();
    vec![
        Line::from(format!(
            "seeds {} > made {} > accepted {}",
            sum(|it| it.seeds),
            sum(|it| it.generated),
            sum(|it| it.accepted)
        )),
        Line::from(format!(
            "rejected {} | set aside {} | undecided {} | failed {}",
            sum(|it| it.rejected),
            sum(|it| it.quarantined),
            sum(|it| it.candidates),
            sum(|it| it.failed)
        )),
        Line::from(format!(
            "tasks {} ready (oldest {oldest}), {} delayed, {} leased",
            count(status.ready),
            count(status.delayed),
            count(status.leased)
        )),
        Line::from(format!(
            "workers {}, holding {} tasks | cost {}",
            count(status.workers),
            count(busy),
            facts.cost()
        )),
    ]
}

fn run(facts: &Facts, view: &RunView, paint: Paint) -> [Line<'static>; 2] {
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
            eta(facts, view),
            view.progress.cost
        ))),
    ]
}

/// How long a run will take at its pace.
fn eta(facts: &Facts, view: &RunView) -> String {
    let pace = facts.overview.paces.iter().find(|pace| pace.run == view.run.id);
    match pace.and_then(|pace| Some((pace.per_hour, pace.left_s?))) {
        _ if view.progress.accepted >= u64::from(view.progress.target) => "target reached".to_owned(),
        Some((per_hour, left_s)) => {
            format!("{} an hour, about {} left", count(per_hour), length(Duration::from_secs(left_s)))
        }
        None => "too early to say how long".to_owned(),
    }
}

/// Accepted samples of the last hours, this one at the right.
fn hours(facts: &Facts) -> Line<'static> {
    let hours = &facts.overview.hours;
    let most = hours.iter().map(|hour| hour.accepted).max().unwrap_or(0).max(1);
    let height = |made: u64| {
        let step = usize::try_from(made.saturating_mul(8).div_ceil(most)).unwrap_or(8);
        step.checked_sub(1).map_or('·', |step| HEIGHTS[step.min(7)])
    };
    let columns: String = hours.iter().map(|hour| height(hour.accepted)).collect();
    let this = hours.last().map_or(0, |hour| hour.accepted);
    Line::from(format!("accepted by the hour {columns} this hour {}", count(this)))
}

fn heading(state: &State) -> Line<'static> {
    let missed = match state.log.missed {
        0 => String::new(),
        missed => format!(" ({} came too fast and are not shown)", count(missed)),
    };
    Line::styled(format!("latest events{missed}"), Style::new().add_modifier(Modifier::BOLD))
}
