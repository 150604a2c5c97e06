//! The end of a session: the data set, the summary, what to try next, the exit code.

use std::time::Duration;

use hafs_proto::people::{DatasetView, RunView};
use hafs_proto::{RunId, RunState};
use hafs_runtime::config::Config;
use serde_json::json;

use super::follow::Ended;
use super::{Args, summary};
use crate::api::Api;
use crate::compose::dataset;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Audience;

/// Looks at a run that has reached its target, until it is declared finished: two passes of the planner.
const LOOKS: u32 = 16;
/// Between two of them.
const LOOK: Duration = Duration::from_millis(250);

/// A session that has ended.
pub struct Ending<'a> {
    /// Where to speak.
    pub context: &'a Context,
    /// The configuration.
    pub config: &'a Config,
    /// The coordinator.
    pub api: &'a Api,
    /// The run.
    pub run: RunId,
    /// What was asked for.
    pub args: &'a Args,
}

impl Ending<'_> {
    /// Writes the data set, says how it went, and gives the exit code.
    ///
    /// # Errors
    /// [`Failure`] when nothing was accepted or the data set cannot be written; the summary is shown before.
    pub async fn write(&self, ended: Ended, elapsed: Duration) -> Result<Exit, Failure> {
        let view = self.settled().await?;
        let stopped = matches!(ended, Ended::Interrupted | Ended::WorkerLeft);
        let wanted = !self.args.no_export && !stopped && view.progress.accepted > 0;
        let written = if wanted { self.export().await.map(Some) } else { Ok(None) };
        self.tell(&view, written.as_ref().ok().and_then(Option::as_ref), elapsed)?;
        written?;
        if stopped {
            return Ok(Exit::Interrupted);
        }
        dataset::refuse_empty([&view.progress])?;
        Ok(Exit::Done)
    }

    /// The run. One that has reached its target in this moment is given time to be declared finished.
    async fn settled(&self) -> Result<RunView, Failure> {
        let path = format!("/v1/runs/{}", self.run);
        let mut looks = 0;
        loop {
            let view: RunView = self.api.get(&path, &[]).await?;
            let reached = view.progress.accepted >= u64::from(view.progress.target);
            if !reached || view.run.state != RunState::Running || looks == LOOKS {
                return Ok(view);
            }
            looks += 1;
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn export(&self) -> Result<DatasetView, Failure> {
        let request = dataset::request(self.config, vec![self.run])?;
        Ok(self.api.post("/v1/exports", &request).await?)
    }

    fn tell(&self, view: &RunView, dataset: Option<&DatasetView>, elapsed: Duration) -> Result<(), Failure> {
        let out = self.context.out;
        match out.audience() {
            Audience::Programs => out.json_line(&json!({
                "event": "summary", "run": view, "dataset": dataset, "elapsed_s": elapsed.as_secs(),
            })),
            Audience::People => {
                let table = summary::of_session(view, dataset, elapsed);
                let next = summary::next(view, dataset, &self.context.repeated_options());
                out.text(&format!("{table}\n\nNext:\n{next}"))
            }
        }
    }
}
