//! The keyboard, read by a thread of its own: a terminal cannot be waited for together with the network.

use std::time::Duration;

use ratatui::crossterm::event::{self, Event};
use tokio::sync::mpsc::{self, Receiver};

use super::press::Press;

/// How often the thread looks whether anybody still listens.
const LOOK: Duration = Duration::from_millis(100);
/// Keys that may wait.
const WAITING: usize = 64;

/// What a terminal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Press),
    /// It has another size now.
    Resized,
}

/// Begins to read; ends when the receiver is dropped or the terminal is gone.
#[must_use]
pub fn listen() -> Receiver<Input> {
    let (sender, receiver) = mpsc::channel(WAITING);
    std::thread::spawn(move || {
        while !sender.is_closed() {
            match event::poll(LOOK).and_then(|any| if any { event::read().map(Some) } else { Ok(None) }) {
                Ok(None) => {}
                Ok(Some(event)) => {
                    if let Some(input) = understand(&event)
                        && sender.blocking_send(input).is_err()
                    {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
    });
    receiver
}

fn understand(event: &Event) -> Option<Input> {
    match event {
        Event::Key(key) => Press::of(key).map(Input::Key),
        Event::Resize(..) => Some(Input::Resized),
        Event::FocusGained | Event::FocusLost | Event::Mouse(_) | Event::Paste(_) => None,
    }
}
