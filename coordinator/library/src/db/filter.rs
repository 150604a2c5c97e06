//! Conditions that are put together at run time. Texts are ours; what people ask for goes in as arguments.

use super::Value;

/// A `WHERE` clause with its arguments.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    conditions: Vec<String>,
    args: Vec<Value>,
}

impl Filter {
    /// Adds a condition in which `?` stands for `value`.
    pub(crate) fn and(&mut self, condition: &str, value: impl Into<Value>) {
        let placeholder = self.arg(value);
        self.conditions.push(condition.replace('?', &placeholder));
    }

    /// Adds a condition if there is a value.
    pub(crate) fn and_if<T: Into<Value>>(&mut self, condition: &str, value: Option<T>) {
        if let Some(value) = value {
            self.and(condition, value);
        }
    }

    /// Adds a condition without arguments.
    pub(crate) fn always(&mut self, condition: &str) {
        self.conditions.push(condition.to_owned());
    }

    /// Adds `column IN (values)`.
    pub(crate) fn among<T: Into<Value>>(&mut self, column: &str, values: impl IntoIterator<Item = T>) {
        let list: Vec<String> = values.into_iter().map(|value| self.arg(value)).collect();
        // An empty list matches nothing; SQL has no empty `IN ()`.
        let condition =
            if list.is_empty() { "1 = 0".to_owned() } else { format!("{column} IN ({})", list.join(", ")) };
        self.conditions.push(condition);
    }

    /// Adds an argument and returns its placeholder.
    pub(crate) fn arg(&mut self, value: impl Into<Value>) -> String {
        self.args.push(value.into());
        format!("?{}", self.args.len())
    }

    /// The same arguments, for the conditions of a statement around this one.
    pub(crate) fn around(self) -> Self {
        Self { conditions: Vec::new(), args: self.args }
    }

    /// The clause: empty or ` WHERE …`.
    pub(crate) fn clause(&self) -> String {
        if self.conditions.is_empty() {
            String::new()
        } else {
            format!(" WHERE {}", self.conditions.join(" AND "))
        }
    }

    /// The arguments.
    pub(crate) fn args(&self) -> &[Value] {
        &self.args
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_numbered_in_order_and_an_empty_list_matches_nothing() {
        let mut filter = Filter::default();
        assert_eq!(filter.clause(), "");
        filter.and("a = ?", 1_i64);
        filter.and_if("b < ?", None::<i64>);
        filter.among("c", ["x", "y"]);
        filter.among("d", Vec::<i64>::new());
        assert_eq!(filter.clause(), " WHERE a = ?1 AND c IN (?2, ?3) AND 1 = 0");
        assert_eq!(filter.args().len(), 3);
    }
}
