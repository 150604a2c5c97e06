//! The panes that are lists.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::widgets::{Paragraph, Row, Table, TableState};

use super::{Paint, clean};
use crate::commands::watch::state::State;

/// Draws the list of the pane that is shown.
pub fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, paint: Paint) {
    let rows = state.rows();
    if rows.is_empty() {
        let words = match (&state.facts, state.filter.is_empty()) {
            (None, _) => "waiting for the coordinator",
            (Some(_), true) => "nothing yet",
            (Some(_), false) => "nothing contains what the filter says; esc shows all",
        };
        frame.render_widget(Paragraph::new(words), area);
        return;
    }
    let columns = state.pane.columns();
    let widths = columns.iter().map(|(_, width)| match width {
        0 => Constraint::Fill(1),
        width => Constraint::Length(*width),
    });
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let head = Row::new(columns.iter().map(|(title, _)| *title)).style(bold);
    let chosen = state.at(rows.len());
    let body =
        rows.iter().map(|row| Row::new(row.cells.iter().map(|cell| clean(cell))).style(paint.tone(row.tone)));
    let table = Table::new(body, widths)
        .header(head)
        .row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    frame.render_stateful_widget(table, area, &mut TableState::new().with_selected(chosen));
}
