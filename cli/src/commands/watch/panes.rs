//! The panes, and the rows of those that are lists.

use std::collections::BTreeMap;

use hafs_proto::people::{ReasonCount, RunView, TeacherStanding, TeacherView, WorkerView};
use hafs_proto::worker::Residence;
use hafs_proto::{Reason, RunState, TrustState};

use super::log;
use super::state::{Effect, State};
use crate::text::{bytes, count, share};

/// A pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// The factory at a glance.
    #[default]
    Overview,
    /// Runs.
    Runs,
    /// Workers.
    Workers,
    /// Teachers.
    Teachers,
    /// Why samples are rejected.
    Reasons,
    /// What happened.
    Events,
}

impl Pane {
    /// Every pane.
    pub const ALL: [Self; 6] =
        [Self::Overview, Self::Runs, Self::Workers, Self::Teachers, Self::Reasons, Self::Events];

    /// Its place among them.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The one so many places on, round and round.
    #[must_use]
    pub const fn step(self, places: usize) -> Self {
        Self::ALL[(self.index() + places) % Self::ALL.len()]
    }

    /// The one that a digit names.
    #[must_use]
    pub fn by_digit(digit: char) -> Option<Self> {
        let place = digit.to_digit(10)?.checked_sub(1)?;
        Self::ALL.get(usize::try_from(place).ok()?).copied()
    }

    /// Its title.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Runs => "runs",
            Self::Workers => "workers",
            Self::Teachers => "teachers",
            Self::Reasons => "reasons",
            Self::Events => "events",
        }
    }

    /// Headings of its columns with their widths; 0 takes what is left.
    #[must_use]
    pub const fn columns(self) -> &'static [(&'static str, u16)] {
        match self {
            Self::Overview => &[],
            Self::Runs => &[("name", 0), ("state", 9), ("accepted", 18), ("rejected", 9), ("cost", 11)],
            Self::Workers => {
                &[("name", 16), ("state", 10), ("trust", 9), ("holds", 6), ("spool", 6), ("models", 0)]
            }
            Self::Teachers => &[("teacher", 0), ("standing", 9), ("room", 6), ("calls", 6), ("today", 11)],
            Self::Reasons => &[("reason", 24), ("first", 8), ("any", 8), ("means", 0)],
            Self::Events => &[("time", 8), ("what", 15), ("message", 0)],
        }
    }
}

/// How a row is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// As always.
    #[default]
    Plain,
    /// Something is good.
    Good,
    /// Somebody should look.
    Bad,
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// What it is about: an id or a name.
    pub key: String,
    /// A text for each column.
    pub cells: Vec<String>,
    /// How it is meant.
    pub tone: Tone,
    /// What is shown when it is opened.
    pub detail: Vec<String>,
    /// What pausing it, or letting it go on, means.
    pub order: Option<Effect>,
}

/// Rows of the pane that is shown.
#[must_use]
pub fn rows(state: &State) -> Vec<Row> {
    let Some(facts) = &state.facts else {
        return if state.pane == Pane::Events { events(state) } else { Vec::new() };
    };
    match state.pane {
        Pane::Overview => Vec::new(),
        Pane::Runs => facts.runs().iter().map(run).collect(),
        Pane::Workers => facts.workers.iter().map(worker).collect(),
        Pane::Teachers => facts.teachers.iter().map(teacher).collect(),
        Pane::Reasons => reasons(facts.runs()),
        Pane::Events => events(state),
    }
}

fn order(kind: &str, id: &str, verb: &str, done: &str) -> Option<Effect> {
    Some(Effect::Order(format!("/v1/{kind}/{id}/{verb}"), format!("{id} is {done}")))
}

fn run(view: &RunView) -> Row {
    let RunView { run, progress } = view;
    let (id, target) = (run.id.to_string(), u64::from(progress.target));
    let (tone, order) = match run.state {
        RunState::Running => (Tone::Good, order("runs", &id, "pause", "paused")),
        RunState::Paused => (Tone::Bad, order("runs", &id, "resume", "running")),
        RunState::Finished | RunState::Cancelled => (Tone::Plain, None),
    };
    let because = run.ended_because.as_ref().map_or_else(String::new, |why| format!(": {}", why));
    let detail = vec![
        format!("name: {}", run.spec.name),
        format!("state: {}{because}", run.state.word()),
        format!("started: {}", run.created_at),
        format!("seeds mined: {}", count(progress.seeds)),
        format!("samples made: {}", count(progress.generated)),
        format!("accepted: {} of {} wanted", count(progress.accepted), count(target)),
        format!("rejected: {}, set aside: {}", count(progress.rejected), count(progress.quarantined)),
        format!("undecided: {}, failed: {}", count(progress.candidates), count(progress.failed)),
        format!("open tasks: {}, calls: {}", count(progress.open_tasks), count(progress.calls)),
        format!("tokens: {} in, {} out", count(progress.input_tokens), count(progress.output_tokens)),
        format!("cost: {}", progress.cost),
        format!("teachers: {}", listed(&run.spec.teachers)),
        format!("judges: {}", listed(&run.spec.judges)),
    ];
    let accepted = format!("{} of {}", count(progress.accepted), count(target));
    let cells = vec![
        run.spec.name.to_string(),
        run.state.word().to_owned(),
        accepted,
        count(progress.rejected),
        progress.cost.to_string(),
    ];
    Row { key: id, cells, tone, detail, order }
}

fn listed<T: ToString>(names: &[T]) -> String {
    names.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

fn worker(view: &WorkerView) -> Row {
    let id = view.id.to_string();
    let (state, tone) = match (view.alive, view.draining, view.paused) {
        (false, _, _) => ("away", Tone::Bad),
        (true, true, _) => ("draining", Tone::Plain),
        (true, false, true) => ("paused", Tone::Bad),
        (true, false, false) => ("here", Tone::Good),
    };
    let trust = view.trust.as_ref().map_or(TrustState::New, |trust| trust.state);
    let order = if view.paused {
        order("workers", &id, "resume", "resumed")
    } else {
        order("workers", &id, "pause", "paused")
    };
    let models = view.residency.iter().flat_map(|residency| &residency.models);
    let loaded = models.filter(|model| model.residence == Residence::Loaded);
    let loaded = listed(&loaded.map(|model| model.route.clone()).collect::<Vec<_>>());
    let cells = vec![
        view.name.to_string(),
        state.to_owned(),
        trust.word().to_owned(),
        count(view.leased),
        count(view.spooled),
        loaded,
    ];
    Row { key: id, cells, tone, detail: worker_detail(view), order }
}

fn worker_detail(view: &WorkerView) -> Vec<String> {
    let facts = &view.facts;
    let mut lines = vec![
        format!("name: {}", view.name),
        format!("program: {} on {}", facts.version, facts.os),
        format!("machine: {} cores, {}", facts.cores, bytes(facts.memory_bytes)),
        format!("last sign of life: {}", view.seen_at),
        format!("holds {} tasks, {} results wait in its spool", count(view.leased), count(view.spooled)),
    ];
    lines.extend(view.holding.iter().map(|task| format!("  {task}")));
    lines.extend(facts.gpus.iter().map(|gpu| format!("GPU: {}, {}", gpu.name, bytes(gpu.memory_bytes))));
    if let Some(residency) = &view.residency {
        let (used, all) = (residency.gpu_used_bytes, residency.gpu_bytes);
        lines.push(format!("models take {} of {} ({})", bytes(used), bytes(all), share(used, all)));
        lines.extend(residency.models.iter().map(|model| {
            let speed =
                model.tokens_per_second.map_or_else(String::new, |speed| format!(", {speed} tokens/s"));
            let why = model.why.as_ref().map_or_else(String::new, |why| format!(": {}", why));
            format!("  {} {}{speed}{why}", model.route, model.residence.word())
        }));
    }
    for pool in &view.pools {
        lines.push(format!("pool {}: {} slots: {}", pool.name, pool.slots, listed(&pool.routes)));
    }
    lines.extend(view.trust.iter().map(|trust| format!("trust: {}, {}", trust.state.word(), trust.why)));
    lines
}

fn teacher(view: &TeacherView) -> Row {
    let tone = match view.standing {
        TeacherStanding::Open => Tone::Good,
        TeacherStanding::Waiting => Tone::Plain,
        TeacherStanding::Pausing | TeacherStanding::Locked => Tone::Bad,
    };
    let room = view.room.map(count);
    let mut detail = vec![
        format!("standing: {}", view.standing.word()),
        format!("key: {}", view.key),
        format!("calls under way: {}", count(view.in_flight)),
        format!("calls that limits allow now: {}", room.as_deref().unwrap_or("not limited")),
        format!("spent today, all models of the provider: {}", view.spent_today),
    ];
    detail.extend(view.until.iter().map(|until| format!("asked again: {until}")));
    detail.extend(view.why.iter().map(|why| format!("why: {}", why)));
    let limits = &view.limits;
    let named = [
        ("requests a minute", limits.requests_per_minute),
        ("requests a day", limits.requests_per_day),
        ("tokens in a minute", limits.input_tokens_per_minute),
        ("tokens out a minute", limits.output_tokens_per_minute),
        ("tokens a minute", limits.tokens_per_minute),
    ];
    detail
        .extend(named.iter().filter_map(|(unit, limit)| Some(format!("limit: {} {unit}", count((*limit)?)))));
    let cells = vec![
        view.teacher.to_string(),
        view.standing.word().to_owned(),
        room.unwrap_or_else(|| "-".to_owned()),
        count(view.in_flight),
        view.spent_today.to_string(),
    ];
    Row { key: view.teacher.to_string(), cells, tone, detail, order: None }
}

/// Why samples are rejected and tasks given up, over all runs that are shown, commonest first.
fn reasons(runs: &[RunView]) -> Vec<Row> {
    let mut sums: BTreeMap<&'static str, (Reason, u64, u64)> = BTreeMap::new();
    let progress = runs.iter().map(|view| &view.progress);
    for ReasonCount { reason, first, any } in progress.flat_map(|it| it.rejections.iter().chain(&it.failures))
    {
        let sum = sums.entry(reason.code()).or_insert((*reason, 0, 0));
        (sum.1, sum.2) = (sum.1.saturating_add(*first), sum.2.saturating_add(*any));
    }
    let mut sums: Vec<_> = sums.into_values().collect();
    sums.sort_by_key(|(_, first, _)| std::cmp::Reverse(*first));
    sums.into_iter()
        .map(|(reason, first, any)| {
            let (key, means) = (reason.code().to_owned(), reason.describe().to_owned());
            let look = format!("hafs-factory samples list --state rejected --reason {key}");
            let detail =
                vec![means.clone(), format!("first reason of {}, one of {}", count(first), count(any)), look];
            Row { cells: vec![key.clone(), count(first), count(any), means], key, detail, ..Row::default() }
        })
        .collect()
}

fn events(state: &State) -> Vec<Row> {
    let row = |event| {
        let (kind, clock) = (log::kind(event), log::clock(event));
        let run = event.run.map_or_else(String::new, |run| format!("run: {run}"));
        let detail = vec![
            format!("at: {}", event.at),
            format!("about: {}", event.about),
            run,
            event.message.to_string(),
        ];
        let cells = vec![clock, kind, event.message.to_string()];
        Row { key: format!("event {}", event.sequence), cells, detail, ..Row::default() }
    };
    state.log.iter().map(row).collect()
}
