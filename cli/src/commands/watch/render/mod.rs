//! The view on a terminal. Every text goes through [`clean`], so nothing that anybody has written moves the cursor.

mod list;
mod overview;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph, Wrap};

use super::panes::{Pane, Tone};
use super::state::{Detail, Mode, State};
use crate::text::escape;

/// Characters of a text that are looked at; terminals are narrower.
const WIDEST: usize = 1_000;
/// A window that is smaller shows one line that says so.
const LEAST: (u16, u16) = (20, 6);

/// Whether colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// They are.
    Colours,
    /// Bold and inverse only, as NO_COLOR asks for.
    Plain,
}

impl Paint {
    /// How a tone looks.
    #[must_use]
    pub fn tone(self, tone: Tone) -> Style {
        match (self, tone) {
            (Self::Colours, Tone::Good) => Style::new().fg(Color::Green),
            (Self::Colours, Tone::Bad) => Style::new().fg(Color::Red),
            (Self::Plain, Tone::Bad) => Style::new().add_modifier(Modifier::BOLD),
            (Self::Plain, Tone::Good) | (_, Tone::Plain) => Style::new(),
        }
    }
}

/// A text on one line without anything that a terminal obeys.
#[must_use]
pub fn clean(text: &str) -> String {
    let line: String =
        text.chars().take(WIDEST).map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).collect();
    escape(&line)
}

/// Draws the view.
pub fn draw(frame: &mut Frame<'_>, state: &State, paint: Paint) {
    let area = frame.area();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        frame.render_widget(Paragraph::new("too small"), area);
        return;
    }
    let [head, body, foot] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(area);
    frame.render_widget(Paragraph::new(tabs(state.pane, area.width)), head);
    if state.pane == Pane::Overview {
        frame.render_widget(Paragraph::new(overview::lines(state, body, paint)), body);
    } else {
        list::draw(frame, body, state, paint);
    }
    frame.render_widget(Paragraph::new(footer(state, paint)), foot);
    match &state.mode {
        Mode::Browsing | Mode::Filtering => {}
        Mode::Help => over(
            frame,
            body,
            "keys",
            &Detail { lines: HELP.map(str::to_owned).to_vec(), ..Detail::default() },
        ),
        Mode::Detail(detail) => over(frame, body, &clean(&detail.title), detail),
    }
}

/// The titles of the panes; only the one that is shown where there is no room for all.
fn tabs(shown: Pane, width: u16) -> Line<'static> {
    let title = |pane: Pane| {
        let style = if pane == shown { Style::new().add_modifier(Modifier::REVERSED) } else { Style::new() };
        Span::styled(format!(" {} {} ", pane.index() + 1, pane.title()), style)
    };
    let all = Line::from_iter(Pane::ALL.map(title));
    if all.width() <= usize::from(width) { all } else { Line::from(title(shown)) }
}

fn footer(state: &State, paint: Paint) -> Line<'static> {
    if state.mode == Mode::Filtering {
        return Line::from(format!("/{}_  enter: keep, esc: none", clean(&state.filter)));
    }
    if let Some((word, trouble)) = &state.word {
        let tone = if *trouble { Tone::Bad } else { Tone::Plain };
        return Line::styled(clean(word), paint.tone(tone));
    }
    let filter =
        if state.filter.is_empty() { String::new() } else { format!("only /{}/  ", clean(&state.filter)) };
    Line::from(format!("{filter}q quit  tab pane  enter details  p pause  / filter  ? help"))
}

const HELP: [&str; 9] = [
    "tab, arrows left and right, 1 to 6   another pane",
    "arrows up and down, j, k, page keys, g, G   another row",
    "enter   details of the row, and of a worker why it is idle; again, or esc, closes them",
    "p   hold the run or worker of the row, or let it go on; it leaves an entry in the audit log",
    "/   show only rows that contain what you write; esc shows all",
    "?   this list; any key closes it",
    "q, Ctrl-C   quit; the factory goes on",
    "",
    "Samples, data sets and the rest: `hafs-factory --help`, or the coordinator's web pages.",
];

/// Something that lies over the body.
fn over(frame: &mut Frame<'_>, body: Rect, title: &str, detail: &Detail) {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let lines = detail.lines.iter().skip(detail.scroll).map(|line| Line::from(clean(line)));
    let text: Vec<Line<'_>> = std::iter::once(Line::styled(title.to_owned(), bold)).chain(lines).collect();
    frame.render_widget(Clear, body);
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }), body);
}
