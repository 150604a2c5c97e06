//! Raw text: `{id, text, metadata}`. Instruction, input and output with blank lines between, and no template.

use hafs_proto::SampleId;
use serde::{Deserialize, Serialize};

use super::chat::{triple_of_whole, whole};
use super::{Answer, Meta};
use crate::selection::Example;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    id: SampleId,
    text: String,
    metadata: Meta,
}

impl Row {
    pub fn of(example: &Example<'_>) -> Self {
        Self { id: example.id(), text: whole(&example.texts), metadata: Meta::of(example) }
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
        let triple = triple_of_whole(&self.text, &self.metadata)?;
        Some(vec![Answer { sample: self.id, good: true, triple, meta: &self.metadata }])
    }
}
