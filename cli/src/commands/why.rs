//! `why`: what stands in the way of a task, a sample or a worker.

use hafs_proto::people::Why;

use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::escape;

/// Say why a task waits, a sample was rejected or a worker is idle.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  hafs-factory why sample_0198c0de…")]
pub struct Args {
    /// Id of a task, a sample or a worker.
    #[arg(value_parser = id)]
    id: String,
}

/// Asks and answers.
///
/// # Errors
/// [`Failure`] when there is no such thing.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let path = format!("/v1/why/{}", args.id);
    let why: Why = ask(context, &config, async |api| Ok(api.get(&path, &[]).await?)).await?;
    context.out.result(&why, render)?;
    Ok(Exit::Done)
}

fn id(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let expected = "expected the id of a task (task_…), a sample (sample_…) or a worker (worker_…)";
    if plain { Ok(text.to_owned()) } else { Err(expected.to_owned()) }
}

fn render(why: &Why) -> String {
    let mut lines = vec![escape(&why.summary)];
    lines.extend(
        why.reasons.iter().map(|(code, sentence)| format!("  {}: {}", escape(code), escape(sentence))),
    );
    if !why.next.is_empty() {
        lines.push("Next:".to_owned());
        lines.extend(why.next.iter().map(|next| format!("  {}", escape(next))));
    }
    lines.join("\n")
}
