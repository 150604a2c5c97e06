//! Alpaca: `{id, instruction, input, output, metadata}`. `input` is always there and may be empty.

use hafs_proto::SampleId;
use serde::{Deserialize, Serialize};

use super::{Answer, Meta, Triple};
use crate::selection::Example;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    id: SampleId,
    instruction: String,
    input: String,
    output: String,
    metadata: Meta,
}

impl Row {
    pub fn of(example: &Example<'_>) -> Self {
        Self {
            id: example.id(),
            instruction: example.texts.instruction.clone().into_owned(),
            input: example.texts.input.clone().into_owned(),
            output: example.texts.output.clone().into_owned(),
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
        let triple = Triple {
            instruction: self.instruction.clone(),
            input: self.input.clone(),
            output: self.output.clone(),
        };
        Some(vec![Answer { sample: self.id, good: true, triple, meta: &self.metadata }])
    }
}
