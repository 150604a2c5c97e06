//! `web`: the pages of a running factory in a browser, without pasting tokens.

use std::process::{Command, Stdio};
use std::time::Duration;

use hafs_proto::BoundedText;
use hafs_proto::people::{CreateTokenRequest, CreatedToken, Scope};
use serde_json::json;

use crate::api::running;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::parse_length;

/// How long a session lasts unless `--ttl` says otherwise.
const TTL: Duration = Duration::from_secs(12 * 3_600);

/// Open the web pages of a running factory, logged in.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory web
  hafs-factory web --read-only --ttl 1h --no-browser
  hafs-factory web --at https://factory.example --token-file admin.token

The link holds a token of its own behind a `#`, which browsers send to nobody, and lets in once. The session ends with
--ttl, or by `hafs-factory token revoke`.")]
pub struct Args {
    /// Look only: nothing can be started, paused, accepted or rejected.
    #[arg(long)]
    read_only: bool,
    /// How long the session lasts.
    #[arg(long, value_parser = parse_length, default_value = "12h")]
    ttl: Option<Duration>,
    /// Print the link and open nothing.
    #[arg(long)]
    no_browser: bool,
}

/// Makes a token for a browser and opens the pages with it.
///
/// # Errors
/// [`Failure`] when no factory runs or it makes no token.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let Some(api) = running(context, &config).await? else {
        return Err(Failure::new(Exit::Failed, "no factory is running on this library").remedy(
            "start one with `hafs-factory run` or `hafs-factory start`; the pages are there while it runs",
        ));
    };
    let scopes = if args.read_only {
        vec![Scope::Read]
    } else {
        vec![Scope::Read, Scope::Run, Scope::Export, Scope::Admin]
    };
    let request = CreateTokenRequest {
        name: BoundedText::clipped("a browser"),
        scopes,
        ttl_s: args.ttl.unwrap_or(TTL).as_secs(),
        uses: 1,
        network: None,
    };
    let created: CreatedToken = api.post("/v1/tokens", &request).await?;
    let link = format!("{}web/login#{}", api.base(), created.token.as_str());
    context
        .out
        .note(format!("logged in as {} until {}; keep the link secret", created.id, created.expires_at));
    if !args.no_browser && !open(&link) {
        context.out.note("no browser could be started here: open the link in one");
    }
    let json = json!({ "id": created.id, "expires_at": created.expires_at, "link": link });
    context.out.result(&json, |_| link.clone())?;
    Ok(Exit::Done)
}

/// Asks the desktop to open a link; whether there was somebody to ask.
fn open(link: &str) -> bool {
    let (program, before): (&str, &[&str]) = if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(before).arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().is_ok()
}
