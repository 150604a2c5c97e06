//! Generate: a seed, one teacher, candidates.

use hafs_proto::task::{GenerateSpec, TaskOutput};
use hafs_proto::{Reason, TaskId, limits};
use hafs_quality::reply::Parsed;
use hafs_teachers::{ChatRequest, Message};
use tokio_util::sync::CancellationToken;

use super::exchange::Unusable;
use super::{Executors, failed, missing, poison};
use crate::agent::Work;
use crate::generators::{Ask, Draft, Generator, Plan, Prompt, Unfit, Yield, find};

impl Executors {
    pub(super) async fn generate(
        &self,
        spec: &GenerateSpec,
        task: TaskId,
        cancel: &CancellationToken,
    ) -> Work {
        let Some(generator) = find(spec.generator.as_str()) else {
            let known: Vec<&str> = Generator::ALL.iter().map(|generator| generator.name).collect();
            let detail = format!("there is no generator `{}`; known: {}", spec.generator, known.join(", "));
            return failed(poison(Reason::Other, detail));
        };
        let Some(teacher) = self.equipment.teacher(&spec.teacher, spec.lane) else {
            return failed(missing("teacher", &spec.teacher));
        };
        let ask =
            Ask { seed: &spec.seed, round: spec.round, max_bytes: teacher.prompt_bytes(spec.max_tokens) };
        let plan = match plan(generator, &ask) {
            Ok(plan) => plan,
            Err(unfit) => return failed(poison(unfit.reason, unfit.message)),
        };
        let hints = spec.hints.iter().map(|hint| hint.as_str()).collect::<Vec<_>>().join("; ");
        let variables = plan.variables(&self.nonce(task), &hints);
        let (prompt, user) = match self.render(generator.name, &variables) {
            Ok(rendered) => rendered,
            Err(fault) => return failed(fault),
        };
        let request = ChatRequest {
            system: prompt.system().to_owned(),
            messages: vec![Message::user(user)],
            schema: Some(generator.shape().json_schema()),
            max_tokens: spec.max_tokens,
            temperature: teacher.temperature,
            seed: spec.sampling_seed,
            num_ctx: None,
            deadline: teacher.timeout,
        };
        let exchange = self.exchange(teacher, generator.shape(), task, cancel);
        let read = |parsed| {
            let drafts = drafts(generator, &plan, parsed)?;
            drafts.iter().try_for_each(|draft| own_words(prompt.system(), draft))?;
            Ok(drafts)
        };
        let outcome = exchange.run(request, read).await;
        outcome.into_work(|drafts, calls| TaskOutput::Generate {
            candidates: candidates(drafts, calls.len()),
            template: prompt.reference().clone(),
        })
    }

    /// The prompt of a name, and its rendered part.
    pub(super) fn render(
        &self,
        name: &str,
        variables: &minijinja::Value,
    ) -> Result<(&Prompt, String), crate::agent::Fault> {
        let prompt = self
            .prompts
            .get(name)
            .ok_or_else(|| poison(Reason::Other, format!("there is no prompt template `{name}`")))?;
        match prompt.user(variables) {
            Ok(user) => Ok((prompt, user)),
            Err(error) => Err(poison(Reason::Other, error.to_string())),
        }
    }
}

fn plan(generator: &Generator, ask: &Ask<'_>) -> Result<Plan, Unfit> {
    let kind = ask.seed.draft.kind;
    if generator.seeds.contains(&kind) {
        (generator.plan)(ask)
    } else {
        let message = format!("generator `{}` takes no seed of kind {}", generator.name, kind.word());
        Err(Unfit { reason: Reason::Other, message })
    }
}

fn drafts(generator: &Generator, plan: &Plan, parsed: Parsed) -> Result<Vec<Draft>, Unusable> {
    let records = match generator.yields {
        Yield::One => vec![parsed.one()?],
        Yield::Some => parsed.records,
    };
    let drafts: Vec<Draft> =
        records.iter().take(limits::CANDIDATES).map(|record| plan.draft(record)).collect::<Result<_, _>>()?;
    if drafts.is_empty() {
        return Err(Unusable { reason: Reason::EmptyOutput, why: "there is no sample in it".to_owned() });
    }
    Ok(drafts)
}

/// Small models like to hand the prompt's own words back; what stands in it is neither question nor answer.
pub(super) fn own_words(system: &str, draft: &Draft) -> Result<(), Unusable> {
    let folded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let (system, instruction, output) = (folded(system), folded(&draft.instruction), folded(&draft.output));
    let parroted = |text: &str| system.contains(text.trim_end_matches(['.', ':', ';']));
    if parroted(&instruction) || parroted(&output) {
        let why = "it repeats words of this prompt instead of answering in its own".to_owned();
        return Err(Unusable { reason: Reason::InvalidInstruction, why });
    }
    Ok(())
}

/// Candidates of the last call, numbered from 0.
pub(super) fn candidates(drafts: Vec<Draft>, calls: usize) -> Vec<hafs_proto::Candidate> {
    let call = u16::try_from(calls.saturating_sub(1)).unwrap_or(u16::MAX);
    (0..u16::MAX).zip(drafts).map(|(slot, draft)| draft.into_candidate(slot, call)).collect()
}
