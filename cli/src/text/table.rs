//! Tables.

use comfy_table::{ContentArrangement, Table, TableStyle, presets};

/// A list with these headings, as wide as the terminal, without lines.
#[must_use]
pub fn table(heading: &[&str]) -> Table {
    let mut table = styled(presets::NOTHING);
    table.set_header(heading.iter().copied());
    table
}

/// Two columns in a frame: what, and how much.
#[must_use]
pub fn pairs<K: Into<String>>(rows: impl IntoIterator<Item = (K, String)>) -> Table {
    let mut table = styled(presets::UTF8_BORDERS_ONLY);
    for (what, value) in rows {
        table.add_row([what.into(), value]);
    }
    table
}

fn styled(style: TableStyle) -> Table {
    let mut table = Table::new();
    table.load_style(style).set_content_arrangement(ContentArrangement::Dynamic);
    table
}
