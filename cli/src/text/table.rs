//! Tables.

use std::fmt;

use comfy_table::{ContentArrangement, Row, Table, TableStyle, presets};

/// A table that is as wide as the terminal.
#[derive(Debug)]
pub struct Grid(Table);

impl Grid {
    /// Adds a row.
    pub fn add_row(&mut self, row: impl Into<Row>) {
        self.0.add_row(row);
    }
}

impl fmt::Display for Grid {
    /// Without spaces at the ends of lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.trim_fmt())
    }
}

/// A list with these headings, without lines.
#[must_use]
pub fn table(heading: &[&str]) -> Grid {
    let mut grid = styled(presets::NOTHING);
    grid.0.set_header(heading.iter().copied());
    grid
}

/// Two columns in a frame: what, and how much.
#[must_use]
pub fn pairs<K: Into<String>>(rows: impl IntoIterator<Item = (K, String)>) -> Grid {
    let mut grid = styled(presets::UTF8_BORDERS_ONLY);
    for (what, value) in rows {
        grid.add_row([what.into(), value]);
    }
    grid
}

fn styled(style: TableStyle) -> Grid {
    let mut table = Table::new();
    table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic);
    Grid(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_list_ends_with_spaces() {
        let mut list = table(&["name", "why"]);
        list.add_row(["a".to_owned(), String::new()]);
        list.add_row(["b".to_owned(), "because it is long".to_owned()]);
        let text = list.to_string();
        assert!(text.lines().all(|line| line.trim_end() == line), "{text:?}");
        assert_eq!(text.lines().count(), 3);
    }
}
