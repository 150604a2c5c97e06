//! What follows a commit: the queue is told, metrics count, listeners hear. None of it is needed for the truth;
//! the reconcilers make good what a crash in between leaves undone.

use std::time::Duration;

use hafs_domain::trust::Move;
use hafs_library::tables::tasks::Planned;
use hafs_proto::people::EventKind;
use hafs_proto::worker::Answer;
use hafs_proto::{
    CallRecord, Domain, GeneratorName, Reason, RunId, Sample, Score, Task, TaskId, TaskKind, Timestamp,
    TrustState, WorkerId, limits,
};
use hafs_queue::Entry;
use tracing::{info, warn};

use crate::app::Core;
use crate::events::News;
use crate::metrics::{Decided, answer_word};

/// What was decided about a sample.
#[derive(Debug, Clone)]
pub struct Ruled {
    /// The sample's domain.
    pub domain: Domain,
    /// What made it.
    pub generator: GeneratorName,
    /// What was decided.
    pub outcome: Decided,
}

/// How long an answer to what is committed waits for a queue that says nothing. It is known to be true without it.
const QUEUE_PATIENCE: Duration = Duration::from_secs(2);

/// What a transaction did.
#[derive(Debug, Clone, Default)]
pub struct Effects {
    /// Tasks that are closed now.
    pub closed: Vec<TaskId>,
    /// Tasks that are open now.
    pub opened: Vec<Entry>,
    /// Kinds of the tasks whose result was accepted.
    pub completed: Vec<TaskKind>,
    /// Kinds of the tasks that were dead-lettered.
    pub dead: Vec<TaskKind>,
    /// Answers given.
    pub answers: Vec<Answer>,
    /// Stored answers given again.
    pub replayed: u64,
    /// Seeds that were new.
    pub seeds: u64,
    /// Samples made.
    pub generated: u64,
    /// Samples decided.
    pub ruled: Vec<Ruled>,
    /// Scores that judges gave.
    pub scores: Vec<Score>,
    /// Reasons of samples rejected.
    pub rejected: Vec<Reason>,
    /// Calls recorded.
    pub calls: Vec<CallRecord>,
    /// Samples set aside by a quarantine.
    pub set_aside: u64,
    /// Workers that are believed more or less than before.
    pub trust: Vec<(WorkerId, Move)>,
    /// Runs of which something was decided.
    pub decided: Vec<RunId>,
    /// What to tell.
    pub news: Vec<News>,
}

impl Effects {
    /// Notes news about a run.
    pub fn tell(&mut self, kind: EventKind, run: RunId, about: impl ToString, message: impl Into<String>) {
        self.news.push(News::new(kind, about, message).of_run(run));
    }

    /// Notes what was decided about a sample.
    pub fn rule(&mut self, sample: &Sample, outcome: Decided) {
        let (domain, generator) = (sample.domain.clone(), sample.lineage.generator.clone());
        self.ruled.push(Ruled { domain, generator, outcome });
    }

    /// Notes a task that was planned, if it is new.
    pub fn planned(&mut self, planned: Planned, task: &Task) {
        match planned {
            Planned::New(_) => self.opened.push(Entry::new(task)),
            Planned::Known(_) => {}
        }
    }

    /// These and `other` together.
    pub fn merge(&mut self, other: Self) {
        self.closed.extend(other.closed);
        self.opened.extend(other.opened);
        self.completed.extend(other.completed);
        self.dead.extend(other.dead);
        self.answers.extend(other.answers);
        self.replayed += other.replayed;
        self.seeds += other.seeds;
        self.generated += other.generated;
        self.ruled.extend(other.ruled);
        self.scores.extend(other.scores);
        self.rejected.extend(other.rejected);
        self.calls.extend(other.calls);
        self.set_aside += other.set_aside;
        self.trust.extend(other.trust);
        self.decided.extend(other.decided);
        self.news.extend(other.news);
    }

    /// Tells queue, metrics, reconcilers and listeners. Called after the commit.
    pub async fn apply(self, app: &Core) {
        self.count(app);
        let now = app.clock.now();
        if tokio::time::timeout(QUEUE_PATIENCE, self.tell_queue(app, now)).await.is_err() {
            warn!("the queue does not answer; the settling pass will tell it what has changed");
            app.wake.settle.notify_one();
        }
        for (worker, moved) in self.trust {
            app.workers.suspend(worker, moved.to == TrustState::Suspended);
            info!(
                worker.id = %worker, from = moved.from.word(), to = moved.to.word(), why = %moved.why,
                "a worker is trusted more, or less"
            );
            let message = format!("{}: {}", moved.to.word(), moved.why);
            app.events.publish(now, &News::new(EventKind::WorkerTrust, worker, message));
        }
        for news in self.news {
            app.events.publish(now, &news);
        }
        app.wake.plan.notify_one();
        if !self.decided.is_empty() {
            app.wake.checkpoint.notify_one();
        }
    }

    async fn tell_queue(&self, app: &Core, now: Timestamp) {
        for closed in self.closed.chunks(limits::BATCH_ITEMS) {
            if let Err(error) = app.queue.complete(closed).await {
                warn!(error = %error, "the queue was not told of closed tasks; a claim will find out");
            }
        }
        // A batch of results can open more tasks than it has results: each of its samples may need a judge.
        for opened in self.opened.chunks(limits::BATCH_ITEMS) {
            if let Err(error) = app.queue.enqueue(opened.to_vec(), now).await {
                warn!(error = %error, "the queue was not told of new tasks; the settling pass will tell it");
            }
        }
    }

    fn count(&self, app: &Core) {
        let metrics = &app.metrics;
        for answer in &self.answers {
            metrics.deliveries.with_label_values(&[answer_word(*answer)]).inc();
        }
        for kind in &self.completed {
            metrics.completed.with_label_values(&[kind.word()]).inc();
        }
        for kind in &self.dead {
            metrics.dead.with_label_values(&[kind.word()]).inc();
        }
        for reason in &self.rejected {
            metrics.rejected.with_label_values(&[reason.code()]).inc();
        }
        let suspended = self.trust.iter().filter(|(_, moved)| moved.to == TrustState::Suspended);
        metrics.suspended.inc_by(suspended.count() as u64);
        metrics.set_aside.inc_by(self.set_aside);
        metrics.replayed.inc_by(self.replayed);
        metrics.seeds.inc_by(self.seeds);
        metrics.generated.inc_by(self.generated);
        for ruled in &self.ruled {
            metrics.accepted.inc_by(u64::from(ruled.outcome == Decided::Accepted));
            metrics.decisions.domains.inc(ruled.domain.as_str(), ruled.outcome);
            metrics.decisions.generators.inc(ruled.generator.as_str(), ruled.outcome);
        }
        self.scores.iter().for_each(|score| metrics.decisions.scores.observe(score.get()));
        for call in &self.calls {
            metrics.call_seconds.observe(Duration::from_millis(call.latency_ms).as_secs_f64());
            let usage = call.usage;
            let classes = [usage.input, usage.cached_input, usage.output, usage.reasoning];
            for (class, tokens) in crate::metrics::TOKENS.iter().zip(classes) {
                metrics.tokens.with_label_values(&[*class]).inc_by(tokens);
            }
            metrics.cost.inc_by(call.cost.0);
        }
    }
}
