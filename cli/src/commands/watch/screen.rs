//! The view on a real terminal: drawn when there is news, at most ten times a second, and put back as it was.

use std::time::Duration;

use hafs_proto::RunId;
use hafs_runtime::shutdown;
use ratatui::DefaultTerminal;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use super::facts::Facts;
use super::keyboard::{self, Input};
use super::render::{self, Paint};
use super::state::{Effect, Message, State};
use crate::api::{Api, Events, News};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// Between two drawings.
const DRAW: Duration = Duration::from_millis(100);
/// Between two tries to follow events again.
const AGAIN: Duration = Duration::from_secs(2);

/// Shows the view until it is left, or a signal comes.
///
/// # Errors
/// [`Failure`] when the terminal cannot be used or the run that was asked for is not there.
pub async fn show(context: &Context, api: &Api, only: Option<RunId>) -> Result<Exit, Failure> {
    // What is wrong with the question is said before the screen is taken.
    let facts = Facts::look(api, only).await?;
    let signals = shutdown::listen()?;
    let paint = match context.env.get("NO_COLOR") {
        Some(word) if !word.is_empty() => Paint::Plain,
        Some(_) | None => Paint::Colours,
    };
    // It puts the terminal back in a panic, too.
    let terminal = ratatui::try_init()?;
    let mut screen = Screen { api, only, paint, terminal, state: State::default() };
    screen.state.handle(Message::Looked(Box::new(facts)));
    let shown = screen.follow(&signals).await;
    ratatui::try_restore()?;
    shown.map(|()| Exit::Done)
}

struct Screen<'a> {
    api: &'a Api,
    only: Option<RunId>,
    paint: Paint,
    terminal: DefaultTerminal,
    state: State,
}

impl Screen<'_> {
    async fn follow(&mut self, signals: &shutdown::Shutdown) -> Result<(), Failure> {
        let (mut keys, mut events) = (keyboard::listen(), self.api.events().await.ok());
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut stale, mut next_drawing) = (true, Instant::now());
        loop {
            tokio::select! {
                () = signals.drain.cancelled() => return Ok(()),
                () = sleep_until(next_drawing), if stale => {
                    self.terminal.draw(|frame| render::draw(frame, &self.state, self.paint))?;
                    (stale, next_drawing) = (false, Instant::now() + DRAW);
                }
                input = keys.recv() => match input {
                    Some(Input::Key(press)) => {
                        stale = true;
                        if self.act(Message::Key(press)).await { return Ok(()) }
                    }
                    Some(Input::Resized) => stale = true,
                    // The terminal is gone.
                    None => return Ok(()),
                },
                news = next(self.api, &mut events) => {
                    let of_interest = match &news {
                        News::Event(event) => self.only.is_none() || event.run == self.only,
                        News::Missed(_) => true,
                    };
                    if of_interest {
                        stale = true;
                        self.state.handle(Message::Heard(news));
                    }
                }
                _ = looks.tick() => {
                    self.look().await;
                    stale = true;
                }
            }
        }
    }

    /// Looks at the factory.
    async fn look(&mut self) {
        let looked = tokio::time::timeout(LOOK, Facts::look(self.api, self.only)).await;
        let message = match looked {
            Ok(Ok(facts)) => Message::Looked(Box::new(facts)),
            Ok(Err(error)) => Message::Failed(error.to_string()),
            Err(_) => Message::Failed("the coordinator is slow to answer".to_owned()),
        };
        self.state.handle(message);
    }

    /// Takes a message in and does what follows from it; whether that is leaving.
    async fn act(&mut self, message: Message) -> bool {
        let Some(effect) = self.state.handle(message) else { return false };
        let done = match effect {
            Effect::Quit => return true,
            Effect::Explain(id) => {
                let why = self.api.get(&format!("/v1/why/{id}"), &[]).await;
                why.map(|why| Message::Explained(Box::new(why)))
            }
            Effect::Order(path, words) => {
                let obeyed = self.api.order(&path).await.map(|()| Message::Told(words));
                self.look().await;
                obeyed
            }
        };
        let message = done.unwrap_or_else(|error| Message::Failed(error.to_string()));
        self.state.handle(message);
        false
    }
}

/// The next news; a stream that has ended is begun again.
async fn next(api: &Api, events: &mut Option<Events>) -> News {
    loop {
        let Some(stream) = events else {
            tokio::time::sleep(AGAIN).await;
            *events = api.events().await.ok();
            continue;
        };
        match stream.next().await {
            Ok(Some(news)) => return news,
            Ok(None) | Err(_) => *events = None,
        }
    }
}
