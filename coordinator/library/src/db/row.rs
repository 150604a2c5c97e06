//! Rows with typed getters. A value of the wrong type is an error that names table and column.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error as WordError, StrDeserializer};

use super::{Field, Value};
use crate::error::StoreError;

/// What the rows of one statement have in common.
#[derive(Debug)]
pub(crate) struct Shape {
    pub(crate) sql: String,
    pub(crate) columns: Vec<String>,
}

impl Shape {
    /// The first table that the statement names.
    fn table(&self) -> &str {
        let mut words = self.sql.split_whitespace();
        words
            .find(|word| ["FROM", "INTO", "UPDATE"].iter().any(|key| word.eq_ignore_ascii_case(key)))
            .and_then(|_| words.next())
            .unwrap_or("(no table)")
    }
}

/// One row of a result.
#[derive(Debug, Clone)]
pub struct Row {
    shape: Arc<Shape>,
    values: Vec<Value>,
}

impl Row {
    pub(crate) const fn new(shape: Arc<Shape>, values: Vec<Value>) -> Self {
        Self { shape, values }
    }

    /// All values, in the order of the statement's columns.
    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value of a column.
    ///
    /// # Errors
    /// [`StoreError::Column`] when there is no such column or it holds something else.
    pub fn get<T: Field>(&self, column: &str) -> Result<T, StoreError> {
        T::read(self.value(column)?).map_err(|problem| self.error(column, problem))
    }

    /// The JSON text of a column, read.
    ///
    /// # Errors
    /// [`StoreError::Column`] when it is not the JSON of a `T`.
    pub fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text).map_err(|error| self.error(column, format!("unreadable JSON: {error}")))
    }

    /// The JSON text of a column that may hold none, read.
    ///
    /// # Errors
    /// [`StoreError::Column`] when it is not the JSON of a `T`.
    pub fn optional_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let is_null = self.get::<Option<String>>(column)?.is_none();
        if is_null { Ok(None) } else { self.json(column).map(Some) }
    }

    /// A column that holds the word of an enum.
    ///
    /// # Errors
    /// [`StoreError::Column`] when it is no word of that enum.
    pub fn word<T: for<'de> Deserialize<'de>>(&self, column: &str) -> Result<T, StoreError> {
        let text: String = self.get(column)?;
        T::deserialize(StrDeserializer::<WordError>::new(&text))
            .map_err(|error| self.error(column, error.to_string()))
    }

    /// An error about a column of this row.
    pub(crate) fn error(&self, column: &str, problem: impl Into<String>) -> StoreError {
        let (table, column) = (self.shape.table().to_owned(), column.to_owned());
        StoreError::Column { table, column, problem: problem.into() }
    }

    fn value(&self, column: &str) -> Result<&Value, StoreError> {
        let at = self.shape.columns.iter().position(|name| name == column);
        at.and_then(|at| self.values.get(at))
            .ok_or_else(|| self.error(column, "the statement gives no such column"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_proto::{SampleId, SeedKind};

    fn row(values: Vec<Value>) -> Row {
        let sql = "SELECT a, b\nFROM seed WHERE x = ?1".to_owned();
        Row::new(Arc::new(Shape { sql, columns: vec!["a".to_owned(), "b".to_owned()] }), values)
    }

    #[test]
    fn a_value_of_the_wrong_type_is_an_error_that_names_table_and_column() {
        let row = row(vec![Value::Int(-1), Value::Text("poem".to_owned())]);
        let text = |error: StoreError| error.to_string();
        assert_eq!(row.get::<i64>("a").ok(), Some(-1));
        let error = text(row.get::<u32>("a").expect_err("negative"));
        assert!(error.contains("seed.a") && error.contains("found -1"), "{error}");
        let error = text(row.get::<SampleId>("b").expect_err("no id"));
        assert!(error.contains("seed.b") && error.contains("SampleId") && !error.contains("poem"), "{error}");
        assert!(text(row.word::<SeedKind>("b").expect_err("no kind")).contains("seed.b"));
        assert!(text(row.get::<i64>("c").expect_err("no column")).contains("seed.c"));
    }
}
