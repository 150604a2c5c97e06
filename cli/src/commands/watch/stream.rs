//! One line an event, for pipes, files and programs.

use hafs_proto::RunId;
use hafs_proto::people::Event;
use serde_json::json;

use super::log;
use crate::api::{Api, News};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Audience;
use crate::text::one_line;

/// Characters of a message that are shown.
const WIDTH: usize = 160;

/// Follows until the coordinator stops.
///
/// # Errors
/// [`Failure`] when the connection breaks.
pub async fn follow(context: &Context, api: &Api, only: Option<RunId>) -> Result<Exit, Failure> {
    let mut events = api.events().await?;
    context.out.note("following; Ctrl-C ends it");
    while let Some(news) = events.next().await? {
        match news {
            News::Event(event) if only.is_none() || event.run == only => tell(context, &event)?,
            News::Event(_) => {}
            News::Missed(missed) => missed_some(context, missed)?,
        }
    }
    context.out.note("the coordinator has stopped");
    Ok(Exit::Done)
}

fn tell(context: &Context, event: &Event) -> Result<(), Failure> {
    match context.out.audience() {
        Audience::Programs => context.out.json_line(event),
        Audience::People => context.out.text(&line(event)),
    }
}

fn missed_some(context: &Context, missed: u64) -> Result<(), Failure> {
    match context.out.audience() {
        Audience::Programs => context.out.json_line(&json!({ "missed": missed })),
        Audience::People => context.out.text(&format!("… {missed} events came too fast and are not shown")),
    }
}

fn line(event: &Event) -> String {
    format!(
        "{}  {:<14} {}  {}",
        log::clock(event),
        log::kind(event),
        one_line(&event.about, WIDTH),
        one_line(&event.message, WIDTH)
    )
}
