//! Rows under headings, as CSV and tables of Markdown have them.

use super::csv::{self, Row};
use super::{ImportError, Sheet};

/// Rows with their headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    headings: Vec<String>,
    pub rows: Vec<Row>,
}

impl Table {
    /// The column that has one of these headings.
    pub(super) fn column(&self, headings: &[&str]) -> Option<usize> {
        headings.iter().find_map(|wanted| self.headings.iter().position(|heading| heading == wanted))
    }
}

fn heading(text: &str) -> String {
    text.trim_matches(['*', '`', ' ', '\u{feff}']).to_ascii_lowercase().replace([' ', '-'], "_")
}

/// The table of a CSV text: its first row has the headings.
pub(super) fn of_csv(sheet: &Sheet<'_>, text: &str) -> Result<Table, ImportError> {
    let first = text.lines().next().unwrap_or("");
    let separator = if first.contains('\t') {
        '\t'
    } else if first.contains(';') {
        ';'
    } else {
        ','
    };
    let mut rows = csv::rows(text, separator);
    if rows.is_empty() {
        return Err(sheet.wrong(1, "(headings)", "the table is empty"));
    }
    let headings = rows.remove(0).fields.iter().map(|field| heading(field)).collect();
    Ok(Table { headings, rows })
}

/// The tables of a Markdown text.
pub(super) fn of_markdown(text: &str) -> Vec<Table> {
    let lines: Vec<&str> = text.lines().collect();
    let mut tables = Vec::new();
    let mut at = 0;
    while at + 1 < lines.len() {
        if !is_rule(lines[at + 1]) || !lines[at].contains('|') {
            at += 1;
            continue;
        }
        let mut table =
            Table { headings: cells(lines[at]).iter().map(|cell| heading(cell)).collect(), rows: Vec::new() };
        at += 2;
        while let Some(line) = lines.get(at).filter(|line| line.contains('|')) {
            table.rows.push(Row { line: u32::try_from(at + 1).unwrap_or(u32::MAX), fields: cells(line) });
            at += 1;
        }
        tables.push(table);
    }
    tables
}

/// The line below a heading: `|---|:--|`.
fn is_rule(line: &str) -> bool {
    line.contains("--") && line.contains('|') && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}

fn cells(line: &str) -> Vec<String> {
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().trim_matches('`').trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_markdown_are_found_among_other_text() {
        let text = "Some | text\n\n| Name | ROM Address |\n|------|:---:|\n| `Link_Main` | $07:8000 |\n| b | c |\n\nEnd.";
        let tables = of_markdown(text);
        assert_eq!(tables.len(), 1);
        assert_eq!(
            (tables[0].column(&["name"]), tables[0].column(&["address", "rom_address"])),
            (Some(0), Some(1))
        );
        assert_eq!(
            tables[0].rows[0],
            Row { line: 5, fields: vec!["Link_Main".to_owned(), "$07:8000".to_owned()] }
        );
    }
}
