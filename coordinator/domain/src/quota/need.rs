//! What a task will need of its teacher, before anybody has asked.

use hafs_proto::{TaskSpec, TeacherName};
use serde::{Deserialize, Serialize};

/// Bytes of English text or code for one token, at the least. Source: the usual tokenisers give 3 to 4.5.
const BYTES_OF_TOKEN: usize = 3;
/// Tokens of a prompt beside the texts of its task: what the teacher is told, and the form of its reply.
const OVERHEAD: u64 = 800;

/// Tokens of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Prompt tokens.
    pub input: u64,
    /// Generated tokens.
    pub output: u64,
}

impl Need {
    /// Both directions together.
    #[must_use]
    pub const fn total(self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// The teacher that a task asks, and what it needs at most. Nothing for tasks that ask nobody.
#[must_use]
pub fn of(spec: &TaskSpec) -> Option<(&TeacherName, Need)> {
    let (teacher, bytes, output) = match spec {
        TaskSpec::Generate(spec) => {
            let draft = &spec.seed.draft;
            let context: usize = draft.context.values().map(|text| text.len()).sum();
            let hints: usize = spec.hints.iter().map(|hint| hint.len()).sum();
            (&spec.teacher, draft.text.len() + context + hints, spec.max_tokens)
        }
        TaskSpec::Judge(spec) => (&spec.judge, texts(&spec.sample) + spec.source_text.len(), spec.max_tokens),
        TaskSpec::Augment(spec) => (&spec.teacher, texts(&spec.sample), spec.max_tokens),
        TaskSpec::Harvest(_) | TaskSpec::Check(_) | TaskSpec::Embed(_) => return None,
    };
    let input = u64::try_from(bytes.div_ceil(BYTES_OF_TOKEN)).unwrap_or(u64::MAX).saturating_add(OVERHEAD);
    Some((teacher, Need { input, output: output.into() }))
}

fn texts(sample: &hafs_proto::task::SampleTexts) -> usize {
    sample.instruction.len() + sample.input.len() + sample.output.len()
}
