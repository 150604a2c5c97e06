//! Comma-separated values, with quotes.
//! Source: RFC 4180, section 2; rows may end in a line feed alone.

/// One row and the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The line, from 1.
    pub line: u32,
    /// Its fields without their quotes.
    pub fields: Vec<String>,
}

/// Fields of a row; more are refused by being joined to the last.
const MOST_FIELDS: usize = 64;

/// The rows of a text; empty lines are none. A quote that is never closed takes the rest of the text.
pub(super) fn rows(text: &str, separator: char) -> Vec<Row> {
    let (mut rows, mut fields, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut start, mut quoted) = (1_u32, 1_u32, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted || field.trim().is_empty() => quoted = !quoted,
            '\n' if !quoted => {
                line = line.saturating_add(1);
                fields.push(std::mem::take(&mut field));
                push(&mut rows, start, std::mem::take(&mut fields));
                start = line;
            }
            c if c == separator && !quoted && fields.len() < MOST_FIELDS => {
                fields.push(std::mem::take(&mut field))
            }
            c => {
                line = line.saturating_add(u32::from(c == '\n'));
                field.push(c);
            }
        }
    }
    fields.push(field);
    push(&mut rows, start, fields);
    rows
}

fn push(rows: &mut Vec<Row>, line: u32, fields: Vec<String>) {
    let fields: Vec<String> = fields.iter().map(|field| field.trim().to_owned()).collect();
    if fields.iter().any(|field| !field.is_empty()) {
        rows.push(Row { line, fields });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_separators_line_breaks_and_quotes() {
        let rows = rows("a,b\r\n\"1,\"\"2\"\"\n3\",4\n\n5,6", ',');
        let fields: Vec<(u32, Vec<&str>)> =
            rows.iter().map(|row| (row.line, row.fields.iter().map(String::as_str).collect())).collect();
        assert_eq!(fields, [(1, vec!["a", "b"]), (2, vec!["1,\"2\"\n3", "4"]), (5, vec!["5", "6"])]);
    }
}
