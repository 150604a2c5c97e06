//! ShareGPT: `{id, conversations: [{from, value}], metadata}`, one turn of `human` and one of `gpt`.

use hafs_proto::SampleId;
use serde::{Deserialize, Serialize};

use super::chat::{prompt, triple};
use super::{Answer, Meta};
use crate::selection::Example;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Speaker {
    Human,
    Gpt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Turn {
    from: Speaker,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    id: SampleId,
    conversations: [Turn; 2],
    metadata: Meta,
}

impl Row {
    pub fn of(example: &Example<'_>) -> Self {
        let human = Turn { from: Speaker::Human, value: prompt(&example.texts) };
        let gpt = Turn { from: Speaker::Gpt, value: example.texts.output.clone().into_owned() };
        Self { id: example.id(), conversations: [human, gpt], metadata: Meta::of(example) }
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
        let [human, gpt] = &self.conversations;
        if (human.from, gpt.from) != (Speaker::Human, Speaker::Gpt) {
            return None;
        }
        let triple = triple(&human.value, &gpt.value, &self.metadata)?;
        Some(vec![Answer { sample: self.id, good: true, triple, meta: &self.metadata }])
    }
}
