//! KTO: `{id, prompt, completion, label, metadata}` in the conversational form of TRL (`prompt` and `completion`
//! are lists of one message), so that the trainer applies the model's chat template. `label` is true for accepted
//! samples and false for rejected ones that may stand for a bad answer.

use hafs_proto::SampleId;
use serde::{Deserialize, Serialize};

use super::chat::{Message, Role, triple};
use super::{Answer, Meta};
use crate::selection::Example;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    id: SampleId,
    prompt: [Message; 1],
    completion: [Message; 1],
    label: bool,
    metadata: Meta,
}

impl Row {
    pub fn of(example: &Example<'_>) -> Self {
        Self {
            id: example.id(),
            prompt: [Message::prompt(&example.texts)],
            completion: [Message::answer(&example.texts)],
            label: example.accepted(),
            metadata: Meta::of(example),
        }
    }
}

impl super::Row for Row {
    fn key(&self) -> String {
        self.id.to_string()
    }

    fn meta(&self) -> &Meta {
        &self.metadata
    }

    fn answers(&self) -> Option<Vec<Answer<'_>>> {
        let ([prompt], [completion]) = (&self.prompt, &self.completion);
        let prompt = prompt.said_by(Role::User)?;
        let triple = triple(prompt, completion.said_by(Role::Assistant)?, &self.metadata)?;
        Some(vec![Answer { sample: self.id, good: self.label, triple, meta: &self.metadata }])
    }
}
