//! Prometheus metrics. Labels come from closed sets, or from the first few names that were seen, the rest being
//! `other`; every series of a closed set exists from the start at zero.

mod decisions;
mod kinds;
mod machine;
mod models;
mod requests;
mod standing;

use hafs_proto::people::{ExportFormat, TeacherStanding};
use hafs_proto::task::FailureClass;
use hafs_proto::worker::{Answer, IdleCode};
use hafs_proto::{ProblemType, Reason, TaskKind};
use prometheus::{Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Registry, TextEncoder};

pub use decisions::{Decided, Decisions};
pub use kinds::{ByName, Gauges};
use kinds::{LONG, Maker};
pub use machine::{BACKUPS, Machine};
pub use models::Models;
pub use requests::{Call, Requests};
pub use standing::Standing;

/// Every metric of the coordinator, in a registry of its own.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Registry,
    /// Results and failures by what became of them.
    pub deliveries: IntCounterVec,
    /// Tasks whose result was accepted.
    pub completed: IntCounterVec,
    /// Failed attempts by class.
    pub failed: IntCounterVec,
    /// Tasks parked for good.
    pub dead: IntCounterVec,
    /// Leases given out.
    pub claimed: IntCounterVec,
    /// Questions to the queue by claims.
    pub claim_looks: IntCounter,
    /// Leases that ran out.
    pub leases_expired: IntCounter,
    /// Leases taken over after a rebuild of the queue.
    pub leases_adopted: IntCounter,
    /// Stored answers given again.
    pub replayed: IntCounter,
    /// Samples made.
    pub generated: IntCounter,
    /// Samples accepted.
    pub accepted: IntCounter,
    /// Samples rejected, by each of their reasons.
    pub rejected: IntCounterVec,
    /// What is decided about samples.
    pub decisions: Decisions,
    /// Samples set aside by quarantines.
    pub set_aside: IntCounter,
    /// Workers suspended.
    pub suspended: IntCounter,
    /// Seeds mined.
    pub seeds: IntCounter,
    /// Tokens by class.
    pub tokens: IntCounterVec,
    /// Spent, in micro-dollars.
    pub cost: IntCounter,
    /// Seconds that calls to teachers took.
    pub call_seconds: Histogram,
    /// Open tasks by where they stand.
    pub open: IntGaugeVec,
    /// Workers that gave a sign of life lately.
    pub workers: IntGauge,
    /// How the factory stands, measured when someone asks.
    pub standing: Standing,
    /// The machine of this coordinator, and its backups.
    pub machine: Machine,
    /// Rows that a reconciler had to mend.
    pub repairs: IntCounterVec,
    /// Calls that came in.
    pub requests: Requests,
    /// Problems sent, by kind.
    pub problems: IntCounterVec,
    /// Exports written, by format.
    pub exports: IntCounterVec,
    /// Teachers by how they stand.
    pub teachers: IntGaugeVec,
    /// Circuits of teachers that opened, by cause.
    pub circuits: IntCounterVec,
    /// Tasks that were put back because their teacher may not be asked, by reason.
    pub put_back: IntCounterVec,
    /// The workers' own models.
    pub models: Models,
    /// Seconds from the arrival of a batch of results to the commit that holds them.
    pub commit_seconds: Histogram,
    /// Seconds that the queue's rebuild took.
    pub rebuild_seconds: Histogram,
}

/// Where an open task can stand.
pub const OPEN_STATES: [&str; 3] = ["ready", "delayed", "leased"];
/// What a reconciler mends.
pub const REPAIRS: [&str; 3] = ["requeued", "dropped", "resettled"];
/// Why a teacher's circuit opens.
pub const CIRCUITS: [&str; 2] = ["failing", "locked"];
/// Why a task is put back.
pub const PUT_BACK: [IdleCode; 3] = [IdleCode::BucketEmpty, IdleCode::BudgetSpent, IdleCode::CircuitOpen];
/// Classes of tokens.
pub const TOKENS: [&str; 4] = ["input", "cached_input", "output", "reasoning"];

impl Metrics {
    /// Registers every metric, each at zero.
    ///
    /// # Errors
    /// When two metrics have one name or a name is malformed, which the tests rule out.
    pub fn new() -> Result<Self, prometheus::Error> {
        let make = Maker(Registry::new());
        let kinds = || TaskKind::ALL.iter().map(|kind| kind.word());
        let (teachers, circuits, put_back) = of_teachers(&make)?;
        Ok(Self {
            deliveries: make.counters(
                "hafs_deliveries_total",
                "Results and failures handed in, by what became of them.",
                "answer",
                ANSWERS.iter().map(|answer| answer_word(*answer)),
            )?,
            completed: make.counters("hafs_tasks_completed_total", "Tasks completed.", "kind", kinds())?,
            failed: make.counters(
                "hafs_task_failures_total",
                "Failed attempts.",
                "class",
                FailureClass::ALL.iter().map(|class| class.word()),
            )?,
            dead: make.counters("hafs_tasks_dead_total", "Tasks dead-lettered.", "kind", kinds())?,
            claimed: make.counters("hafs_tasks_claimed_total", "Leases given out.", "kind", kinds())?,
            claim_looks: make.counter(
                "hafs_claim_looks_total",
                "Times that a claim asked the queue, while it waited too.",
            )?,
            leases_expired: make.counter("hafs_leases_expired_total", "Leases that ran out.")?,
            leases_adopted: make.counter("hafs_leases_adopted_total", "Leases kept across a rebuild.")?,
            replayed: make.counter("hafs_receipts_replayed_total", "Stored answers given again.")?,
            generated: make.counter("hafs_samples_generated_total", "Samples made.")?,
            accepted: make.counter("hafs_samples_accepted_total", "Samples accepted.")?,
            rejected: make.counters(
                "hafs_samples_rejected_total",
                "Samples rejected, once for each of their reasons.",
                "reason",
                Reason::ALL.iter().map(|reason| reason.code()),
            )?,
            decisions: Decisions::new(&make)?,
            set_aside: make.counter("hafs_samples_quarantined_total", "Samples set aside by quarantines.")?,
            suspended: make.counter("hafs_workers_suspended_total", "Workers suspended.")?,
            seeds: make.counter("hafs_seeds_total", "Seeds mined.")?,
            tokens: make.counters("hafs_teacher_tokens_total", "Tokens of teachers.", "class", TOKENS)?,
            cost: make
                .counter("hafs_teacher_cost_micro_usd_total", "Spent on teachers, in micro-dollars.")?,
            call_seconds: make.histogram_of("hafs_call_seconds", "Calls to teachers.", LONG)?,
            open: make.gauges("hafs_tasks_open", "Open tasks.", "state", OPEN_STATES)?,
            standing: Standing::new(&make)?,
            machine: Machine::new(&make)?,
            workers: make.gauge("hafs_workers_alive", "Workers with a recent sign of life.")?,
            models: Models::new(&make)?,
            repairs: make.counters("hafs_reconciler_repairs_total", "Rows mended.", "repair", REPAIRS)?,
            requests: Requests::new(&make)?,
            problems: make.counters(
                "hafs_http_problems_total",
                "Problem documents sent.",
                "type",
                ProblemType::ALL.iter().map(|kind| kind.slug()),
            )?,
            exports: make.counters(
                "hafs_exports_total",
                "Data sets written, by format.",
                "format",
                ExportFormat::ALL.iter().map(|format| format.word()),
            )?,
            teachers,
            circuits,
            put_back,
            commit_seconds: make.histogram("hafs_commit_seconds", "Arrival of results to their commit.")?,
            rebuild_seconds: make.histogram("hafs_queue_rebuild_seconds", "Rebuilding the queue.")?,
            registry: make.0,
        })
    }

    /// The metrics in Prometheus' text form.
    #[must_use]
    pub fn render(&self) -> String {
        TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default()
    }
}

fn of_teachers(make: &Maker) -> Result<(IntGaugeVec, IntCounterVec, IntCounterVec), prometheus::Error> {
    let teachers = make.gauges(
        "hafs_teachers",
        "Teachers whose limits are shared, by how they stand.",
        "standing",
        TeacherStanding::ALL.iter().map(|standing| standing.word()),
    )?;
    let circuits = make.counters(
        "hafs_teacher_circuits_opened_total",
        "Circuits of teachers that opened.",
        "cause",
        CIRCUITS,
    )?;
    let put_back = make.counters(
        "hafs_tasks_put_back_total",
        "Tasks put back because their teacher may not be asked.",
        "reason",
        PUT_BACK.iter().map(|code| code.word()),
    )?;
    Ok((teachers, circuits, put_back))
}

const ANSWERS: [Answer; 5] =
    [Answer::Accepted, Answer::Duplicate, Answer::Stale, Answer::Closed, Answer::Invalid];

/// The label of an answer.
#[must_use]
pub const fn answer_word(answer: Answer) -> &'static str {
    match answer {
        Answer::Accepted => "accepted",
        Answer::Duplicate => "duplicate",
        Answer::Stale => "stale",
        Answer::Closed => "closed",
        Answer::Invalid => "invalid",
    }
}

#[cfg(test)]
mod tests {
    use super::kinds::MANY;
    use super::*;

    #[test]
    fn every_metric_is_there_at_zero_from_the_start_with_help_and_the_prefix() {
        let text = Metrics::new().expect("names are unique").render();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            assert!(line.starts_with("hafs_"), "{line}");
            assert!(line.ends_with(" 0"), "{line}");
        }
        assert!(text.contains("hafs_samples_rejected_total{reason=\"near_duplicate\"} 0"));
        assert!(text.contains("# HELP hafs_tasks_open Open tasks."));
    }

    #[test]
    fn names_beyond_the_first_few_share_a_series_and_hostile_ones_stay_values() {
        let metrics = Metrics::new().expect("names are unique");
        for number in 0..MANY * 4 {
            metrics.decisions.domains.inc(&format!("domain-{number}"), Decided::Accepted);
        }
        metrics.decisions.domains.inc("domain-0", Decided::Accepted);
        let text = metrics.render();
        assert_eq!(text.matches("hafs_samples_decided_total{").count(), MANY + Decided::ALL.len());
        assert!(text.contains("domain=\"domain-0\",outcome=\"accepted\"} 2"));
        assert!(text.contains(&format!("domain=\"other\",outcome=\"accepted\"}} {}", MANY * 3)));
        metrics.standing.route_age.set([("a\"} 1\nhafs_false 2".to_owned(), 3)]);
        assert!(metrics.render().lines().all(|line| !line.starts_with("hafs_false")));
        metrics.standing.route_age.set((0..100).map(|age| (format!("route-{age}"), age)));
        let text = metrics.render();
        assert!(text.contains("route=\"route-99\"} 99") && text.contains("route=\"other\"} 49"));
    }
}
