//! Keys, as the view understands them.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// A letter, digit or sign.
    Letter(char),
    /// To the next pane.
    Forward,
    /// To the pane before.
    Back,
    /// One row up.
    Up,
    /// One row down.
    Down,
    /// Ten rows up.
    PageUp,
    /// Ten rows down.
    PageDown,
    /// To the first row.
    Home,
    /// To the last row.
    End,
    /// Details of the row.
    Enter,
    /// Out of what was opened.
    Escape,
    /// The letter before is taken away.
    Erase,
    /// Ctrl-C.
    Interrupt,
}

impl Press {
    /// What an event of the keyboard means, if anything.
    #[must_use]
    pub fn of(key: &KeyEvent) -> Option<Self> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let known = [
            (KeyCode::Tab, Self::Forward),
            (KeyCode::Right, Self::Forward),
            (KeyCode::BackTab, Self::Back),
            (KeyCode::Left, Self::Back),
            (KeyCode::Up, Self::Up),
            (KeyCode::Down, Self::Down),
            (KeyCode::PageUp, Self::PageUp),
            (KeyCode::PageDown, Self::PageDown),
            (KeyCode::Home, Self::Home),
            (KeyCode::End, Self::End),
            (KeyCode::Enter, Self::Enter),
            (KeyCode::Esc, Self::Escape),
            (KeyCode::Backspace, Self::Erase),
        ];
        if let KeyCode::Char(letter) = key.code {
            return match (letter, control) {
                ('c', true) => Some(Self::Interrupt),
                (_, true) => None,
                (letter, false) => Some(Self::Letter(letter)),
            };
        }
        known.into_iter().find(|(code, _)| *code == key.code).map(|(_, press)| press)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_c_interrupts_releases_say_nothing_and_letters_are_letters() {
        let of = |code, modifiers| Press::of(&KeyEvent::new(code, modifiers));
        assert_eq!(of(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Press::Interrupt));
        assert_eq!(of(KeyCode::Char('x'), KeyModifiers::CONTROL), None);
        assert_eq!(of(KeyCode::Char('?'), KeyModifiers::SHIFT), Some(Press::Letter('?')));
        assert_eq!(of(KeyCode::F(5), KeyModifiers::NONE), None);
        let mut key = KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE);
        key.kind = KeyEventKind::Release;
        assert_eq!(Press::of(&key), None);
    }
}
