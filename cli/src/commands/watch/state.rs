//! What the view shows and how it changes: a message in, what to do out. Nothing here touches a terminal or a network.

use hafs_proto::people::Why;

use super::facts::Facts;
use super::log::Log;
use super::panes::{self, Pane, Row};
use super::press::Press;
use crate::api::News;

/// Rows of a page.
const PAGE: usize = 10;
/// Letters of a filter.
const FILTER: usize = 60;

/// What is open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mode {
    /// The panes.
    #[default]
    Browsing,
    /// A filter is being written.
    Filtering,
    /// The keys are listed.
    Help,
    /// Details of a row.
    Detail(Detail),
}

/// Details of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Detail {
    /// Of what.
    pub title: String,
    /// The details.
    pub lines: Vec<String>,
    /// Lines that are scrolled away.
    pub scroll: usize,
}

/// What the view is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A key was pressed.
    Key(Press),
    /// The factory was looked at.
    Looked(Box<Facts>),
    /// Something happened there.
    Heard(News),
    /// Why a worker is as it is.
    Explained(Box<Why>),
    /// An order was obeyed, or something else is to be told.
    Told(String),
    /// The coordinator did not answer.
    Failed(String),
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Ask why a thing is as it is.
    Explain(String),
    /// Give an order: the address, and what to say when it was obeyed.
    Order(String, String),
}

/// The view.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The pane that is shown.
    pub pane: Pane,
    /// The row that is chosen, by pane.
    pub chosen: [usize; Pane::ALL.len()],
    /// What rows have to contain.
    pub filter: String,
    /// What is open.
    pub mode: Mode,
    /// The last look.
    pub facts: Option<Box<Facts>>,
    /// What happened.
    pub log: Log,
    /// The last word, and whether it is of trouble.
    pub word: Option<(String, bool)>,
}

impl State {
    /// Takes a message in; gives what is to be done.
    pub fn handle(&mut self, message: Message) -> Option<Effect> {
        match message {
            Message::Key(press) => return self.press(press),
            Message::Looked(facts) => self.look(facts),
            Message::Heard(News::Event(event)) => self.log.add(event),
            Message::Heard(News::Missed(missed)) => self.log.missed = self.log.missed.saturating_add(missed),
            Message::Explained(why) => self.explain(&why),
            Message::Told(words) => self.word = Some((words, false)),
            Message::Failed(words) => self.word = Some((words, true)),
        }
        None
    }

    /// Rows of the pane that is shown, those that the filter lets through.
    #[must_use]
    pub fn rows(&self) -> Vec<Row> {
        let wanted = self.filter.to_lowercase();
        let mut rows = panes::rows(self);
        rows.retain(|row| row.cells.iter().any(|cell| cell.to_lowercase().contains(&wanted)));
        rows
    }

    /// The row that is chosen, if there are any.
    #[must_use]
    pub fn at(&self, rows: usize) -> Option<usize> {
        let last = rows.checked_sub(1)?;
        Some(self.chosen[self.pane.index()].min(last))
    }

    fn look(&mut self, facts: Box<Facts>) {
        self.facts = Some(facts);
        if self.word.as_ref().is_some_and(|(_, trouble)| *trouble) {
            self.word = None;
        }
    }

    fn explain(&mut self, why: &Why) {
        let Mode::Detail(detail) = &mut self.mode else { return };
        if detail.title != *why.about {
            return;
        }
        detail.lines.extend([String::new(), format!("why: {}", why.summary)]);
        detail.lines.extend(why.reasons.iter().map(|(code, words)| format!("  {}: {}", code, words)));
        detail.lines.extend(why.next.iter().map(|next| format!("next: {}", next)));
    }

    fn press(&mut self, press: Press) -> Option<Effect> {
        if press == Press::Interrupt {
            return Some(Effect::Quit);
        }
        match std::mem::take(&mut self.mode) {
            Mode::Filtering => self.write(press),
            // Any key closes the list of keys.
            Mode::Help => {}
            Mode::Detail(detail) => return self.read(detail, press),
            Mode::Browsing => return self.browse(press),
        }
        None
    }

    /// A key while a filter is written.
    fn write(&mut self, press: Press) {
        match press {
            Press::Enter => return,
            Press::Escape => return self.filter.clear(),
            Press::Erase => drop(self.filter.pop()),
            Press::Letter(letter) if self.filter.chars().count() < FILTER => self.filter.push(letter),
            Press::Letter(_)
            | Press::Forward
            | Press::Back
            | Press::Up
            | Press::Down
            | Press::PageUp
            | Press::PageDown
            | Press::Home
            | Press::End
            | Press::Interrupt => {}
        }
        self.mode = Mode::Filtering;
    }

    /// A key while details are open.
    fn read(&mut self, mut detail: Detail, press: Press) -> Option<Effect> {
        match press {
            Press::Escape | Press::Enter | Press::Letter('q') | Press::Erase => return None,
            other @ (Press::Letter(_)
            | Press::Forward
            | Press::Back
            | Press::Up
            | Press::Down
            | Press::PageUp
            | Press::PageDown
            | Press::Home
            | Press::End
            | Press::Interrupt) => detail.scroll = moved(detail.scroll, other, detail.lines.len()),
        }
        self.mode = Mode::Detail(detail);
        None
    }

    fn browse(&mut self, press: Press) -> Option<Effect> {
        match press {
            Press::Letter('q') => return Some(Effect::Quit),
            Press::Letter('?') => self.mode = Mode::Help,
            Press::Letter('/') => self.mode = Mode::Filtering,
            Press::Letter('p') => return self.chosen_row()?.order,
            Press::Letter(digit @ '1'..='9') => self.pane = Pane::by_digit(digit).unwrap_or(self.pane),
            Press::Forward => self.pane = self.pane.step(1),
            Press::Back => self.pane = self.pane.step(Pane::ALL.len() - 1),
            Press::Escape => self.filter.clear(),
            Press::Enter => return self.open(),
            other @ (Press::Letter(_)
            | Press::Up
            | Press::Down
            | Press::PageUp
            | Press::PageDown
            | Press::Home
            | Press::End
            | Press::Erase
            | Press::Interrupt) => {
                let rows = self.rows().len();
                let chosen = self.at(rows).unwrap_or(0);
                self.chosen[self.pane.index()] = moved(chosen, other, rows);
            }
        }
        None
    }

    fn chosen_row(&self) -> Option<Row> {
        let mut rows = self.rows();
        let at = self.at(rows.len())?;
        Some(rows.swap_remove(at))
    }

    fn open(&mut self) -> Option<Effect> {
        let row = self.chosen_row()?;
        let ask = (self.pane == Pane::Workers).then(|| Effect::Explain(row.key.clone()));
        self.mode = Mode::Detail(Detail { title: row.key, lines: row.detail, scroll: 0 });
        ask
    }
}

/// Where a key leads among so many rows.
fn moved(at: usize, press: Press, rows: usize) -> usize {
    let last = rows.saturating_sub(1);
    let to = match press {
        Press::Up | Press::Letter('k') => at.saturating_sub(1),
        Press::Down | Press::Letter('j') => at + 1,
        Press::PageUp => at.saturating_sub(PAGE),
        Press::PageDown => at + PAGE,
        Press::Home | Press::Letter('g') => 0,
        Press::End | Press::Letter('G') => last,
        Press::Letter(_)
        | Press::Forward
        | Press::Back
        | Press::Enter
        | Press::Escape
        | Press::Erase
        | Press::Interrupt => at,
    };
    to.min(last)
}
