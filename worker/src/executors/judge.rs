//! Judge: a sample, one judge, an opinion by the rubric.

use hafs_proto::task::{JudgeSpec, TaskOutput};
use hafs_proto::{Reason, TaskId};
use hafs_teachers::{ChatRequest, Message};
use tokio_util::sync::CancellationToken;

use super::{Executors, failed, missing, poison};
use crate::agent::Work;
use crate::generators::Rubric;

/// A judge says what it finds likeliest.
const TEMPERATURE: f32 = 0.0;

impl Executors {
    pub(super) async fn judge(&self, spec: &JudgeSpec, task: TaskId, cancel: &CancellationToken) -> Work {
        if spec.rubric.as_str() != Rubric::NAME {
            let detail = format!("there is no rubric `{}`; known: {}", spec.rubric, Rubric::NAME);
            return failed(poison(Reason::Other, detail));
        }
        let Some(judge) = self.equipment.teacher(&spec.judge, spec.lane) else {
            return failed(missing("judge", &spec.judge));
        };
        let variables = Rubric::variables(spec, &self.nonce(task), judge.prompt_bytes(spec.max_tokens));
        let (prompt, user) = match self.render(Rubric::NAME, &variables) {
            Ok(rendered) => rendered,
            Err(fault) => return failed(fault),
        };
        let request = ChatRequest {
            system: prompt.system().to_owned(),
            messages: vec![Message::user(user)],
            schema: Some(Rubric::shape().json_schema()),
            max_tokens: spec.max_tokens,
            temperature: TEMPERATURE,
            seed: spec.sampling_seed,
            num_ctx: None,
            deadline: judge.timeout,
        };
        let version = prompt.reference().version;
        let exchange = self.exchange(judge, Rubric::shape(), task, cancel);
        let outcome =
            exchange.run(request, |parsed| Ok(Rubric::opinion(&spec.rubric, version, &parsed.one()?)?)).await;
        outcome.into_work(|opinion, _| TaskOutput::Judge { opinion })
    }
}
