//! `token`: bearer tokens for programs and join tokens for workers.

use std::time::Duration;

use hafs_proto::people::{CreateTokenRequest, CreatedToken, Page, Scope, TokenView};
use hafs_proto::{BoundedText, CredentialId};
use serde_json::json;

use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{escape, parse_length, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory token create --scope join --name attic > join.token
  hafs-factory token create --scope read --scope export --name ci --ttl 90d
  hafs-factory token revoke cred_0198c0de…";

/// What to do with tokens.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a token. It is shown once, alone on standard output.
    Create(Create),
    /// Tokens, without their secrets.
    List,
    /// Revoke a token, at once.
    Revoke {
        /// Its public half, as `list` shows it.
        token: CredentialId,
    },
}

/// The token to make.
#[derive(Debug, clap::Args)]
pub struct Create {
    /// What it allows; `join` stands alone and lets one worker in.
    #[arg(long, required = true, value_parser = scope, value_name = "join|read|run|export|admin")]
    scope: Vec<Scope>,
    /// A name for people.
    #[arg(long, default_value = "made on the command line")]
    name: String,
    /// How long it is valid; join tokens at most 7d.
    #[arg(long, default_value = "1d", value_parser = parse_length)]
    ttl: Duration,
    /// How often a join token can be used.
    #[arg(long, default_value_t = 1)]
    uses: u32,
}

fn scope(text: &str) -> Result<Scope, String> {
    let known = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::Work);
    let words: Vec<&str> = known.clone().map(Scope::word).collect();
    known.into_iter().find(|scope| scope.word() == text).ok_or_else(|| format!("one of {}", words.join(", ")))
}

/// Does it.
///
/// # Errors
/// [`Failure`] when the token cannot be made or there is no such token.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Create(create) => make(context, create).await?,
        Command::List => list(context).await?,
        Command::Revoke { token } => revoke(context, token).await?,
    }
    Ok(Exit::Done)
}

async fn make(context: &Context, create: Create) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let request = CreateTokenRequest {
        name: BoundedText::clipped(&create.name),
        scopes: create.scope,
        ttl_s: create.ttl.as_secs(),
        uses: create.uses,
    };
    let created: CreatedToken =
        ask(context, &config, async |api| Ok(api.post("/v1/tokens", &request).await?)).await?;
    context.out.note(format!("{} is valid until {}; keep it secret", created.id, created.expires_at));
    context.out.result(&created, |created| created.token.to_string())
}

async fn list(context: &Context) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let page: Page<TokenView> =
        ask(context, &config, async |api| Ok(api.get("/v1/tokens", &[]).await?)).await?;
    context.out.result(&page, |page| {
        let mut table = table(&["token", "name", "allows", "made", "until", "revoked", "uses left"]);
        for token in &page.items {
            let time = |at: Option<hafs_proto::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
            let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.word()).collect();
            table.add_row([
                token.id.to_string(),
                escape(&token.name),
                scopes.join(" "),
                token.created_at.to_string(),
                time(token.expires_at),
                time(token.revoked_at),
                token.uses_left.map(|uses| uses.to_string()).unwrap_or_default(),
            ]);
        }
        table.to_string()
    })
}

async fn revoke(context: &Context, token: CredentialId) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let path = format!("/v1/tokens/{token}");
    ask(context, &config, async |api| Ok(api.delete(&path).await?)).await?;
    context.out.result(&json!({ "revoked": token }), |_| format!("{token} is revoked."))
}
