//! `watch`: what happens, as it happens.

use hafs_proto::RunId;
use hafs_proto::people::Event;
use serde_json::json;

use crate::api::{News, running};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Audience;
use crate::text::one_line;

/// Characters of a message that are shown.
const WIDTH: usize = 160;

/// Follow what happens in a running factory.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory watch
  hafs-factory watch --run run_0198c0de… --json")]
pub struct Args {
    /// Only this run.
    #[arg(long)]
    run: Option<RunId>,
}

/// Follows until the coordinator stops.
///
/// # Errors
/// [`Failure`] when nothing runs or the connection breaks.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let Some(api) = running(context, &config).await? else {
        return Err(Failure::new(Exit::Failed, "no factory is running on this library")
            .remedy("start one with `hafs-factory run`; `hafs-factory status` shows what there is"));
    };
    let mut events = api.events().await?;
    context.out.note("following; Ctrl-C ends it");
    while let Some(news) = events.next().await? {
        match news {
            News::Event(event) if args.run.is_none() || event.run == args.run => tell(context, &event)?,
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
    let kind = serde_json::to_value(event.kind).unwrap_or_default();
    let time = event.at.to_string();
    let clock = time.get(11..19).unwrap_or(&time);
    format!(
        "{clock}  {:<14} {}  {}",
        kind.as_str().unwrap_or_default(),
        one_line(&event.about, WIDTH),
        one_line(&event.message, WIDTH)
    )
}
