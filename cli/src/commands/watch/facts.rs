//! What the view shows, as the coordinator tells it.

use hafs_proto::people::{Overview, Page, RunView, TeacherView, WorkerView};
use hafs_proto::{MicroUsd, RunId, RunState};

use crate::api::{Api, ApiError};

/// One look at the factory.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// Queue, runs, pace and troubles.
    pub overview: Overview,
    /// Workers.
    pub workers: Vec<WorkerView>,
    /// Teachers.
    pub teachers: Vec<TeacherView>,
}

impl Facts {
    /// Looks, at a whole factory or at one of its runs.
    ///
    /// # Errors
    /// [`ApiError`] when the coordinator does not answer.
    pub async fn look(api: &Api, only: Option<RunId>) -> Result<Self, ApiError> {
        let mut overview: Overview = api.get("/v1/overview", &[]).await?;
        if let Some(run) = only {
            overview.status.runs = vec![api.get(&format!("/v1/runs/{run}"), &[]).await?];
        }
        let workers: Page<WorkerView> = api.get("/v1/workers", &[]).await?;
        let teachers: Page<TeacherView> = api.get("/v1/teachers", &[]).await?;
        Ok(Self { overview, workers: workers.items, teachers: teachers.items })
    }

    /// The runs that are shown, newest first.
    #[must_use]
    pub fn runs(&self) -> &[RunView] {
        &self.overview.status.runs
    }

    /// What they have cost.
    #[must_use]
    pub fn cost(&self) -> MicroUsd {
        self.runs().iter().map(|view| view.progress.cost).sum()
    }

    /// Those that go on.
    pub fn running(&self) -> impl Iterator<Item = &RunView> {
        self.runs().iter().filter(|view| view.run.state == RunState::Running)
    }
}
