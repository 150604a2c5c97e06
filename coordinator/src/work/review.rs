//! Acts of people on samples: allowed or refused by a pure rule, carried out in one transaction with their audit entry,
//! and the samples that want a person's look.

use hafs_domain::decide::RULE;
use hafs_domain::review::{self, Refusal, Standing};
use hafs_library::tables::audit::{self, Entry};
use hafs_library::tables::reviews::{self, Asked};
use hafs_library::tables::{checks, decisions, duplicates, recheck, runs, samples, tasks};
use hafs_library::{StoreError, Tx};
use hafs_proto::people::{EventKind, ReviewAct, ReviewRequest, ReviewView, WaitingSample};
use hafs_proto::sample::content_hash;
use hafs_proto::verdict::Decision;
use hafs_proto::{
    BoundedText, Candidate, Check, CheckName, ContentHash, Domain, Problem, ProblemType, Reason, Run, RunId,
    Sample, SampleId, SampleState,
};

use super::candidates::{self, Examined};
use super::decide;
use super::duplicates as likeness;
use super::effects::Effects;
use crate::app::{App, Core};
use crate::http::problem::ProblemResponse;
use crate::metrics::Decided;

/// Samples of either kind of doubt that are looked at, the newest first.
const LOOKED_AT: u32 = 200;

/// Carries out what a person wants done with a sample; an act that was carried out before gets its answer again.
///
/// # Errors
/// A problem when the request is incomplete, there is no such sample, or what holds the sample forbids the act.
pub async fn act(
    app: &App,
    actor: &str,
    sample: SampleId,
    request: ReviewRequest,
) -> Result<ReviewView, ProblemResponse> {
    check(&request)?;
    let edit = examine(app, sample, &request.act).await?;
    let (core, actor) = (App::clone(app), actor.to_owned());
    let (view, effects) = app
        .library
        .try_write(move |tx| {
            let body = body_hash(&actor, sample, &request)?;
            match reviews::look(tx, request.id, body)? {
                Asked::New => {}
                Asked::Done(view) => return Ok((*view, Effects::default())),
                Asked::KeyReused => return Err(key_reused(&request)),
            }
            let stored = samples::get(tx, sample)?;
            let run = runs::get(tx, stored.lineage.run)?;
            let acting = Acting { app: &core, actor: &actor, request: &request, run: &run, sample: &stored };
            acting.carry_out(tx, edit, body)
        })
        .await?;
    effects.apply(app).await;
    Ok(view)
}

/// Samples that want a person's look, the most doubtful first, at most `limit`.
///
/// # Errors
/// [`StoreError`] of the driver.
pub fn waiting(
    tx: &mut dyn Tx,
    run: Option<RunId>,
    domain: Option<&Domain>,
    limit: usize,
) -> Result<Vec<WaitingSample>, StoreError> {
    let found = reviews::uncertain(tx, run, domain, LOOKED_AT)?;
    let mut waiting: Vec<WaitingSample> = found
        .into_iter()
        .filter_map(|(sample, decision)| {
            let doubt = review::doubt(&sample.state, decision.as_ref())?;
            Some(WaitingSample { why: why(&sample.state, decision.as_ref()), sample, doubt })
        })
        .collect();
    waiting
        .sort_by(|a, b| b.doubt.get().total_cmp(&a.doubt.get()).then_with(|| b.sample.id.cmp(&a.sample.id)));
    waiting.truncate(limit);
    Ok(waiting)
}

fn why(state: &SampleState, decision: Option<&Decision>) -> BoundedText<1024> {
    match (state, decision) {
        (SampleState::Quarantined { why, .. }, _) => why.clone(),
        (
            SampleState::Candidate | SampleState::Accepted { .. } | SampleState::Rejected { .. },
            Some(Decision { agree, of, .. }),
        ) => BoundedText::clipped(&format!("{agree} of {of} judges agree that it is good")),
        (SampleState::Candidate | SampleState::Accepted { .. } | SampleState::Rejected { .. }, None) => {
            BoundedText::default()
        }
    }
}

fn check(request: &ReviewRequest) -> Result<(), ProblemResponse> {
    let mut problem = Problem::new(ProblemType::Invalid, "the act lacks something");
    let (decides, no_reason) = match &request.act {
        ReviewAct::Tag { .. } | ReviewAct::Untag { .. } => (false, false),
        ReviewAct::Accept { .. } | ReviewAct::Edit { .. } => (true, false),
        ReviewAct::Reject { reasons } => (true, reasons.is_empty()),
    };
    if decides && request.why.trim().is_empty() {
        problem = problem.field("why", "say why; the audit log and the sample's lineage keep it");
    }
    if no_reason {
        problem = problem.field("act.reasons", "name at least one code of the taxonomy, such as `off_topic`");
    }
    if problem.errors.is_empty() { Ok(()) } else { Err(ProblemResponse::from(problem)) }
}

/// What an act must be the same as, to be the same act.
fn body_hash(actor: &str, sample: SampleId, request: &ReviewRequest) -> Result<ContentHash, ProblemResponse> {
    let json = serde_json::to_string(request).map_err(|error| ProblemResponse::internal(&error))?;
    Ok(ContentHash::of_parts([actor, &sample.to_string(), &json]))
}

fn key_reused(request: &ReviewRequest) -> ProblemResponse {
    let detail = "the id belongs to another act: mint a new one for each act";
    ProblemResponse::from(Problem::new(ProblemType::KeyReused, detail).with("review_id", request.id))
}

fn refused(sample: SampleId, refusal: &Refusal) -> ProblemResponse {
    let problem = Problem::new(ProblemType::Conflict, refusal.to_string()).with("sample_id", sample);
    ProblemResponse::from(problem)
}

/// Examines the texts of an edit, outside the transaction because it is the expensive part.
async fn examine(app: &App, id: SampleId, act: &ReviewAct) -> Result<Option<Examined>, ProblemResponse> {
    let ReviewAct::Edit { instruction, input, output } = act else { return Ok(None) };
    let (instruction, input, output) = (instruction.clone(), input.clone(), output.clone());
    let candidate = Candidate { slot: 0, instruction, input, output, call: 0 };
    let (spec, policy) = app
        .library
        .read(move |tx| {
            let lineage = samples::get(tx, id)?.lineage;
            let policy = runs::get(tx, lineage.run)?.spec.policy;
            Ok((tasks::get(tx, lineage.task)?.task.spec, policy))
        })
        .await?;
    let rules = app.lexicons.rules(app).await;
    let examine = move || candidates::examine_edit(&spec, &policy, &rules, &candidate);
    tokio::task::spawn_blocking(examine).await.map_err(|error| ProblemResponse::internal(&error))
}

/// An act on its way.
struct Acting<'a> {
    app: &'a Core,
    actor: &'a str,
    request: &'a ReviewRequest,
    run: &'a Run,
    sample: &'a Sample,
}

impl Acting<'_> {
    fn carry_out(
        &self,
        tx: &mut dyn Tx,
        edit: Option<Examined>,
        body: ContentHash,
    ) -> Result<(ReviewView, Effects), ProblemResponse> {
        let needed = self.run.spec.policy.needed(&self.sample.domain);
        let checks = decide::deciding(checks::standing(tx, self.sample.id)?);
        let standing = self.standing(tx, &needed, &checks)?;
        review::allow(&self.request.act, &standing).map_err(|refusal| refused(self.sample.id, &refusal))?;
        let (mut effects, mut view) = (Effects::default(), self.view());
        match &self.request.act {
            ReviewAct::Accept { .. } => {
                let overruled = review::overruled(&standing);
                view.despite_checks = overruled.is_some();
                self.decide(tx, Vec::new(), &mut effects)?;
            }
            ReviewAct::Reject { reasons } => {
                view.reasons = review::in_order(reasons.clone());
                self.decide(tx, view.reasons.clone(), &mut effects)?;
            }
            ReviewAct::Edit { .. } => {
                let edit = edit.ok_or_else(|| {
                    let detail = "its task does not make samples, so nothing says how to examine the texts";
                    ProblemResponse::new(ProblemType::Conflict, detail)
                })?;
                view.successor = Some(self.replace(tx, &edit, &mut effects)?);
            }
            ReviewAct::Tag { tag } => {
                view.tag = Some(tag.clone());
                reviews::tag(tx, self.sample.id, tag)?;
            }
            ReviewAct::Untag { tag } => {
                view.tag = Some(tag.clone());
                reviews::untag(tx, self.sample.id, tag)?;
            }
        }
        let after = samples::get(tx, view.successor.unwrap_or(self.sample.id))?;
        view.after = BoundedText::clipped(after.state.word());
        reviews::insert(tx, &view, body)?;
        self.audit(tx, &view)?;
        Ok((view, effects))
    }

    fn standing<'s>(
        &self,
        tx: &mut dyn Tx,
        needed: &'s [CheckName],
        checks: &'s [Check],
    ) -> Result<Standing<'s>, StoreError> {
        let (id, act) = (self.sample.id, &self.request.act);
        let unchanged = match act {
            ReviewAct::Edit { instruction, input, output } => {
                content_hash(instruction, input, output) == self.sample.content_hash
            }
            ReviewAct::Accept { .. }
            | ReviewAct::Reject { .. }
            | ReviewAct::Tag { .. }
            | ReviewAct::Untag { .. } => false,
        };
        let tagged = match act {
            ReviewAct::Tag { tag } | ReviewAct::Untag { tag } => reviews::tags(tx, id)?.contains(tag),
            ReviewAct::Accept { .. } | ReviewAct::Reject { .. } | ReviewAct::Edit { .. } => false,
        };
        Ok(Standing {
            held: recheck::is_held(tx, id)?,
            successor: reviews::successor(tx, id)?,
            twin: duplicates::exact(tx, self.sample.canon_hash, id)?,
            unchanged,
            tagged,
            allow_unchecked: self.run.spec.policy.allow_unchecked,
            needed,
            checks,
        })
    }

    /// The act, before it has changed anything.
    fn view(&self) -> ReviewView {
        let before = BoundedText::clipped(self.sample.state.word());
        ReviewView {
            id: self.request.id,
            sample: self.sample.id,
            act: BoundedText::clipped(self.request.act.word()),
            by: BoundedText::clipped(self.actor),
            why: self.request.why.clone(),
            at: self.app.clock.now(),
            after: before.clone(),
            before,
            tag: None,
            reasons: Vec::new(),
            despite_checks: false,
            successor: None,
        }
    }

    /// Decides above the rule: for the sample if there are no reasons against it.
    fn decide(&self, tx: &mut dyn Tx, reasons: Vec<Reason>, effects: &mut Effects) -> Result<(), StoreError> {
        let (now, sample) = (self.app.clock.now(), self.sample);
        let (agree, of) = decide::votes(tx, self.run, sample)?;
        effects.closed.extend(tasks::cancel_about(tx, sample.id, now)?);
        let (decided, kind, message) = if reasons.is_empty() {
            (Decided::Accepted, EventKind::Accepted, "accepted by a person".to_owned())
        } else {
            let codes: Vec<&str> = reasons.iter().map(|reason| reason.code()).collect();
            let message = format!("rejected by a person: {}", codes.join(", "));
            (Decided::Rejected, EventKind::Rejected, message)
        };
        effects.rejected.extend(&reasons);
        let accepted = reasons.is_empty();
        let review = Some(self.request.id);
        let decision =
            Decision { sample: sample.id, rule: RULE, accepted, agree, of, reasons, at: now, review };
        decisions::insert(tx, &decision)?;
        effects.rule(sample, decided);
        effects.tell(kind, self.run.id, sample.id, message);
        effects.decided.push(self.run.id);
        Ok(())
    }

    /// Puts a sample with other texts in the place of this one, which stays as it is and stands no more.
    fn replace(
        &self,
        tx: &mut dyn Tx,
        edit: &Examined,
        effects: &mut Effects,
    ) -> Result<SampleId, StoreError> {
        let (now, old) = (self.app.clock.now(), self.sample);
        let new = self.successor(samples::free_slot(tx, old.lineage.task)?, edit);
        effects.closed.extend(tasks::cancel_about(tx, old.id, now)?);
        match &old.state {
            // It does not stand, and is what the new one is better than.
            SampleState::Rejected { .. } => {}
            SampleState::Candidate | SampleState::Accepted { .. } | SampleState::Quarantined { .. } => {
                let why = format!("a person has edited it: {} stands in its place", new.id);
                samples::quarantine(tx, old.id, &BoundedText::clipped(&why), now)?;
            }
        }
        samples::insert(tx, &new)?;
        let threshold = self.run.spec.policy.diversity_threshold;
        let mut found = edit.checks.clone();
        found.push(likeness::check(tx, &new, edit.signature.as_ref(), threshold)?);
        checks::insert(tx, new.id, &found, now)?;
        if let Some(signature) = &edit.signature {
            duplicates::insert(tx, new.id, signature)?;
        }
        decide::settle_edited(tx, self.app, self.run, (&new, &found), effects)?;
        Ok(new.id)
    }

    fn successor(&self, slot: u16, edit: &Examined) -> Sample {
        let old = self.sample;
        let Candidate { instruction, input, output, .. } = edit.candidate.clone();
        let mut lineage = old.lineage.clone();
        lineage.slot = slot;
        lineage.parent = Some(old.id);
        Sample {
            id: self.app.ids.mint(),
            domain: old.domain.clone(),
            content_hash: content_hash(&instruction, &input, &output),
            canon_hash: edit.canon_hash,
            instruction,
            input,
            output,
            lineage,
            created_at: self.app.clock.now(),
            state: SampleState::Candidate,
        }
    }

    fn audit(&self, tx: &mut dyn Tx, view: &ReviewView) -> Result<(), StoreError> {
        let codes: Vec<&str> = view.reasons.iter().map(|reason| reason.code()).collect();
        let parts = [
            view.tag.as_ref().map(ToString::to_string),
            view.successor.map(|id| format!("as {id}, which is {}", view.after)),
            view.despite_checks.then(|| "despite checks".to_owned()),
            (!codes.is_empty()).then(|| codes.join(", ")),
            (!view.why.is_empty()).then(|| view.why.to_string()),
        ];
        let detail = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
        let (action, object) = (format!("sample.{}", view.act), view.sample.to_string());
        let entry =
            Entry { at: view.at, actor: self.actor, action: &action, object: &object, detail: &detail };
        audit::append(tx, &entry).map(drop)
    }
}
