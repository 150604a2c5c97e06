//! Augment: an accepted sample in other words.

use hafs_proto::TaskId;
use hafs_proto::task::{AugmentMethod, AugmentSpec, TaskOutput};
use hafs_quality::reply::Parsed;
use hafs_teachers::{ChatRequest, Message};
use tokio_util::sync::CancellationToken;

use super::generate::{candidates, own_words};
use super::{Executors, failed, missing, poison};
use crate::agent::Work;
use crate::generators::Paraphrase;

/// Warmer than generating: other words are wanted.
const WARMER: f32 = 0.2;

impl Executors {
    pub(super) async fn augment(&self, spec: &AugmentSpec, task: TaskId, cancel: &CancellationToken) -> Work {
        match spec.method {
            AugmentMethod::Paraphrase => self.paraphrase(spec, task, cancel).await,
        }
    }

    async fn paraphrase(&self, spec: &AugmentSpec, task: TaskId, cancel: &CancellationToken) -> Work {
        let Some(teacher) = self.equipment.teacher(&spec.teacher, spec.lane) else {
            return failed(missing("teacher", &spec.teacher));
        };
        let plan = match Paraphrase::plan(&spec.sample, teacher.prompt_bytes(spec.max_tokens)) {
            Ok(plan) => plan,
            Err(unfit) => return failed(poison(unfit.reason, unfit.message)),
        };
        let variables = plan.variables(&self.nonce(task), "");
        let (prompt, user) = match self.render(Paraphrase::NAME, &variables) {
            Ok(rendered) => rendered,
            Err(fault) => return failed(fault),
        };
        let request = ChatRequest {
            system: prompt.system().to_owned(),
            messages: vec![Message::user(user)],
            schema: Some(Paraphrase::shape().json_schema()),
            max_tokens: spec.max_tokens,
            temperature: teacher.temperature + WARMER,
            seed: spec.sampling_seed,
            num_ctx: None,
            deadline: teacher.timeout,
        };
        let exchange = self.exchange(teacher, Paraphrase::shape(), task, cancel);
        let read = |parsed: Parsed| {
            let draft = Paraphrase::draft(&plan, &spec.sample, &parsed.one()?)?;
            own_words(prompt.system(), &draft)?;
            Ok(vec![draft])
        };
        let outcome = exchange.run(request, read).await;
        outcome.into_work(|drafts, calls| TaskOutput::Augment {
            candidates: candidates(drafts, calls.len()),
            template: prompt.reference().clone(),
        })
    }
}
