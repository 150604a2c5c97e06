//! Which run to work on: an unfinished equal one goes on, other unfinished ones are paused.

use hafs_proto::people::{CreateRun, Page, RunView};
use hafs_proto::{ContentHash, Run, RunId, RunSpec, RunState};

use crate::api::Api;
use crate::context::Context;
use crate::failure::Failure;

/// What to do with an equal run that is unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Go on with it.
    GoOn,
    /// Pause it and start another.
    StartNew,
}

/// The run to work on.
pub struct Chosen {
    /// The run.
    pub run: Run,
    /// Samples that it had accepted already.
    pub accepted_before: u64,
    /// Whether it was begun earlier.
    pub resumed: bool,
}

/// What to do with the runs of a library.
#[derive(Debug, PartialEq, Eq)]
struct Choice {
    /// The run to go on with.
    go_on: Option<RunId>,
    /// Runs to pause.
    pause: Vec<RunId>,
}

/// Equal runs have the same fingerprint: the same configuration as far as it influences results. Of several, the
/// newest goes on.
fn choose(runs: &[Run], fingerprint: ContentHash, wish: Wish) -> Choice {
    let open = |run: &&Run| matches!(run.state, RunState::Running | RunState::Paused);
    let equal = |run: &&Run| wish == Wish::GoOn && run.config_fingerprint == fingerprint;
    let go_on = runs.iter().filter(open).filter(equal).max_by_key(|run| run.created_at).map(|run| run.id);
    let pause = runs.iter().filter(|run| run.state == RunState::Running && Some(run.id) != go_on);
    Choice { go_on, pause: pause.map(|run| run.id).collect() }
}

/// Settles which run is worked on. No worker is here yet, so nothing of another run was handed out.
///
/// # Errors
/// [`Failure`] when the coordinator refuses.
pub async fn settle(
    context: &Context,
    api: &Api,
    (spec, config_fingerprint): (RunSpec, ContentHash),
    wish: Wish,
) -> Result<Chosen, Failure> {
    let runs: Page<Run> = api.get("/v1/runs", &[]).await?;
    let choice = choose(&runs.items, config_fingerprint, wish);
    for run in choice.pause {
        api.order(&format!("/v1/runs/{run}/pause")).await?;
        context
            .out
            .note(format!("pausing {run}, which is another; `hafs-factory runs resume {run}` lets it go on"));
    }
    let Some(id) = choice.go_on else {
        let run: Run = api.post("/v1/runs", &CreateRun { spec, config_fingerprint }).await?;
        return Ok(Chosen { run, accepted_before: 0, resumed: false });
    };
    let view: RunView = api.get(&format!("/v1/runs/{id}"), &[]).await?;
    if view.run.state == RunState::Paused {
        api.order(&format!("/v1/runs/{id}/resume")).await?;
    }
    let accepted = view.progress.accepted;
    context.out.note(format!("resuming {id}: {accepted} of {} accepted", view.progress.target));
    Ok(Chosen { run: view.run, accepted_before: accepted, resumed: true })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_proto::Timestamp;

    /// A run of a wire form that is frozen in proto's fixtures, with what matters here replaced.
    fn run(number: u64, state: &str, fingerprint: ContentHash) -> Run {
        let json = serde_json::json!({
            "id": format!("run_{number:032x}"),
            "spec": {
                "name": "test", "target": 5, "sources": ["repo"], "generators": ["doc-qa"],
                "teachers": ["ollama/tiny"], "judges": [],
                "policy": {
                    "agree": 0, "of": 0, "min_quality_score": 0.7, "diversity_threshold": 0.95,
                    "self_judge": false, "allow_unchecked": false, "min_output_chars": 1,
                    "max_output_chars": 100, "repairs": 0, "feedback": false, "active_learning": false,
                    "augmentation_ratio": 0.0
                },
                "max_attempts": 3, "max_tokens": 64, "seed": 1, "checkpoint_interval": 10
            },
            "config_fingerprint": fingerprint.to_string(),
            "state": state,
            "created_at": Timestamp::EPOCH.plus(std::time::Duration::from_secs(number)).to_string(),
        });
        serde_json::from_value(json).expect("a run")
    }

    #[test]
    fn an_unfinished_equal_run_goes_on_and_other_running_ones_are_paused() {
        let (own, other) = (ContentHash::of(b"own"), ContentHash::of(b"other"));
        let runs = [
            run(1, "finished", own),
            run(2, "paused", own),
            run(3, "running", other),
            run(4, "paused", other),
            run(5, "cancelled", own),
        ];
        let choice = choose(&runs, own, Wish::GoOn);
        assert_eq!(choice, Choice { go_on: Some(runs[1].id), pause: vec![runs[2].id] });
    }

    #[test]
    fn a_finished_run_is_followed_by_another_one_and_of_two_equal_ones_the_newer_goes_on() {
        let own = ContentHash::of(b"own");
        assert_eq!(choose(&[run(1, "finished", own)], own, Wish::GoOn).go_on, None);
        let runs = [run(1, "running", own), run(2, "paused", own)];
        let choice = choose(&runs, own, Wish::GoOn);
        assert_eq!(choice, Choice { go_on: Some(runs[1].id), pause: vec![runs[0].id] });
    }

    #[test]
    fn a_new_run_pauses_even_an_equal_one() {
        let own = ContentHash::of(b"own");
        let runs = [run(1, "running", own)];
        assert_eq!(choose(&runs, own, Wish::StartNew), Choice { go_on: None, pause: vec![runs[0].id] });
    }
}
