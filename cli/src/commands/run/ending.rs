//! The end of a session: the data set, the summary, what to try next, the exit code.

use std::time::Duration;

use hafs_proto::RunId;
use hafs_proto::people::{DatasetView, RunView};
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
        let view: RunView = self.api.get(&format!("/v1/runs/{}", self.run), &[]).await?;
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
