//! Typed records: what a shape makes of a reply.

use std::collections::{BTreeMap, BTreeSet};

use super::error::ReplyError;
use super::repair::Repair;

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// A text.
    Text(String),
    /// A number within the field's bounds.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// One of the field's choices, as the shape spells it.
    Choice(String),
    /// A list of texts.
    Texts(Vec<String>),
    /// A list of records.
    Records(Vec<Record>),
}

/// One record of a reply. It has every required field of its shape, each of the right type.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record(BTreeMap<String, FieldValue>);

impl Record {
    pub(super) fn insert(&mut self, name: &str, value: FieldValue) {
        self.0.insert(name.to_owned(), value);
    }

    /// A field, if the record has it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&FieldValue> {
        self.0.get(name)
    }

    /// A text or choice; empty when the field is optional and absent.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(FieldValue::Text(text) | FieldValue::Choice(text)) => text,
            Some(
                FieldValue::Number(_) | FieldValue::Flag(_) | FieldValue::Texts(_) | FieldValue::Records(_),
            )
            | None => "",
        }
    }

    /// A number, if the record has it.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.get(name) {
            Some(FieldValue::Number(number)) => Some(*number),
            Some(
                FieldValue::Text(_)
                | FieldValue::Flag(_)
                | FieldValue::Choice(_)
                | FieldValue::Texts(_)
                | FieldValue::Records(_),
            )
            | None => None,
        }
    }

    /// A list of texts; empty when absent.
    #[must_use]
    pub fn texts(&self, name: &str) -> &[String] {
        match self.get(name) {
            Some(FieldValue::Texts(texts)) => texts,
            Some(
                FieldValue::Text(_)
                | FieldValue::Number(_)
                | FieldValue::Flag(_)
                | FieldValue::Choice(_)
                | FieldValue::Records(_),
            )
            | None => &[],
        }
    }

    /// A list of records; empty when absent.
    #[must_use]
    pub fn records(&self, name: &str) -> &[Record] {
        match self.get(name) {
            Some(FieldValue::Records(records)) => records,
            Some(
                FieldValue::Text(_)
                | FieldValue::Number(_)
                | FieldValue::Flag(_)
                | FieldValue::Choice(_)
                | FieldValue::Texts(_),
            )
            | None => &[],
        }
    }
}

/// What a reply holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// The records in their order, exact repetitions left out; never empty.
    pub records: Vec<Record>,
    /// What had to be repaired to read them.
    pub repairs: BTreeSet<Repair>,
}

impl Parsed {
    /// The record, where exactly one was asked for.
    ///
    /// # Errors
    /// [`ReplyError::NotOne`] when there are several different ones: which was meant cannot be known.
    pub fn one(mut self) -> Result<Record, ReplyError> {
        let found = self.records.len();
        self.records.pop().filter(|_| found == 1).ok_or(ReplyError::NotOne { found })
    }
}
