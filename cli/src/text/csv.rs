//! Lists for spreadsheets, which take some texts for formulas and run them.

use std::collections::BTreeMap;

use csv::{QuoteStyle, WriterBuilder};
use serde_json::Value;

/// The items of a list as CSV (RFC 4180): a line of headings, then one line for each item. A field of an item inside
/// another has both names, `lineage.teacher`; what has no form of its own in a table, such as a list, is JSON.
///
/// Numbers stay numbers. All else is quoted, and a text that a spreadsheet would run begins with an apostrophe.
/// Source: OWASP ASVS 1.2.10, "CSV and formula injection".
///
/// # Errors
/// [`csv::Error`] when memory does not suffice.
pub fn csv(items: &[Value]) -> Result<String, csv::Error> {
    let rows: Vec<BTreeMap<String, &Value>> = items.iter().map(row).collect();
    let mut headings: Vec<&str> = rows.iter().flat_map(|row| row.keys().map(String::as_str)).collect();
    headings.sort_unstable();
    headings.dedup();
    let mut out = WriterBuilder::new().quote_style(QuoteStyle::NonNumeric).from_writer(Vec::new());
    if !headings.is_empty() {
        out.write_record(&headings)?;
    }
    for row in &rows {
        out.write_record(
            headings.iter().map(|heading| row.get(*heading).map_or_else(String::new, |it| cell(it))),
        )?;
    }
    let bytes = out.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn row(item: &Value) -> BTreeMap<String, &Value> {
    let mut row = BTreeMap::new();
    flatten(String::new(), item, &mut row);
    row
}

fn flatten<'v>(name: String, value: &'v Value, row: &mut BTreeMap<String, &'v Value>) {
    match value.as_object() {
        Some(fields) if !fields.is_empty() => {
            for (field, value) in fields {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                flatten(name, value, row);
            }
        }
        _ => {
            row.insert(name, value);
        }
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// The text, with an apostrophe before it if a spreadsheet would take it for a formula. A text that is a number by
/// chance keeps its sign: nobody runs it.
fn harmless(text: &str) -> String {
    if is_number(text) {
        return text.to_owned();
    }
    let first = text.trim_start_matches(' ').chars().next();
    let runs = first.is_some_and(|c| {
        matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠' | '"')
    });
    if runs { format!("'{text}") } else { text.to_owned() }
}

fn is_number(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn an_item_is_a_line_and_what_it_holds_has_both_names() {
        let items =
            [json!({"id": "a", "of": {"run": "r", "n": -3}, "tags": ["x"]}), json!({"id": "b", "at": null})];
        let text = csv(&items).expect("memory");
        assert_eq!(
            text,
            "\"at\",\"id\",\"of.n\",\"of.run\",\"tags\"\n\"\",\"a\",-3,\"r\",\"[\"\"x\"\"]\"\n\"\",\"b\",\"\",\"\",\"\"\n"
        );
        assert_eq!(csv(&[]).expect("memory"), "");
    }

    #[test]
    fn what_a_spreadsheet_would_run_is_text_and_numbers_stay_numbers() {
        let hostile = [
            "=HYPERLINK(\"http://192.0.2.1\")",
            "+1+cmd|' /C calc'!A0",
            "-1+1",
            "@SUM(1)",
            "\t=1",
            "\r=1",
            "\0=1",
            "＝1",
            "\"=1\"",
            "  =1",
            "\n=1",
        ];
        for text in hostile {
            let written = csv(&[json!({ "a": text })]).expect("memory");
            assert_eq!(cells(&written)[1][0], format!("'{text}"), "{written}");
        }
        let written = csv(&[json!({"n": -1, "t": "-1.5", "w": "a-b"})]).expect("memory");
        assert_eq!(cells(&written)[1], ["-1", "-1.5", "a-b"]);
    }

    proptest! {
        #[test]
        fn no_cell_begins_a_formula_and_every_text_can_be_read_again(texts in proptest::collection::vec(any::<String>(), 1..6)) {
            let items: Vec<Value> = texts.iter().map(|text| json!({ "a": text })).collect();
            let rows = cells(&csv(&items).expect("memory"));
            prop_assert_eq!(rows.len(), texts.len() + 1);
            for (row, text) in rows[1..].iter().zip(&texts) {
                let read = &row[0];
                prop_assert!(read == text || read.strip_prefix('\'') == Some(text.as_str()));
                let runs = read.trim_start_matches(' ').starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
                prop_assert!(!runs || is_number(read), "{read:?}");
            }
        }
    }
}
