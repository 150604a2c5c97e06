//! OpenAI fine-tuning and ChatML: `{id, messages: [{role, content}], metadata}`, one user turn (instruction, blank
//! line, input) and one assistant turn. No system turn: the model's own template decides about that.

use hafs_proto::SampleId;
use serde::{Deserialize, Serialize};

use super::chat::{Message, Role, triple};
use super::{Answer, Meta};
use crate::selection::Example;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    id: SampleId,
    messages: [Message; 2],
    metadata: Meta,
}

impl Row {
    pub fn of(example: &Example<'_>) -> Self {
        Self {
            id: example.id(),
            messages: [Message::prompt(&example.texts), Message::answer(&example.texts)],
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
        let [user, assistant] = &self.messages;
        let prompt = user.said_by(Role::User)?;
        let triple = triple(prompt, assistant.said_by(Role::Assistant)?, &self.metadata)?;
        Some(vec![Answer { sample: self.id, good: true, triple, meta: &self.metadata }])
    }
}
