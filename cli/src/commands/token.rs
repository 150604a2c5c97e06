//! `token`: bearer tokens for programs and join tokens for workers.

use std::time::Duration;

use hafs_proto::people::{CreateTokenRequest, CreatedToken, Page, Scope, TokenView};
use hafs_proto::{BoundedText, CredentialId, Network};
use serde_json::json;

use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{escape, parse_length, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory token create --role worker
  hafs-factory token create --role worker --ttl 10m --uses 5 --network 10.0.0.0/8
  hafs-factory token create --scope read --scope export --name ci --ttl 90d
  hafs-factory token revoke cred_0198c0de…";

/// How long a join link is valid unless `--ttl` says otherwise.
const LINK_TTL: Duration = Duration::from_secs(3_600);
/// The same for any other token.
const TOKEN_TTL: Duration = Duration::from_secs(24 * 3_600);

/// What to do with tokens.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a token, or the line that lets a worker join. It is shown once, alone on standard output.
    Create(Create),
    /// Tokens, without their secrets.
    List,
    /// Revoke a token, at once.
    Revoke {
        /// Its public half, as `list` shows it.
        token: CredentialId,
    },
}

/// Who a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// A worker on another machine: prints the command to paste there.
    Worker,
}

/// The token to make.
#[derive(Debug, clap::Args)]
#[group(id = "what", required = true, args = ["role", "scope"])]
pub struct Create {
    /// Print the command that lets a worker on another machine join.
    #[arg(long, value_enum)]
    role: Option<Role>,
    /// What it allows; `join` stands alone and prints the token by itself.
    #[arg(long, value_parser = scope, value_name = "join|read|run|export|admin")]
    scope: Vec<Scope>,
    /// A name for people.
    #[arg(long, default_value = "made on the command line")]
    name: String,
    /// How long it is valid: 1h for a worker's line, else 1d; to join at most 7d.
    #[arg(long, value_parser = parse_length)]
    ttl: Option<Duration>,
    /// How many workers can join with it.
    #[arg(long, default_value_t = 1)]
    uses: u32,
    /// From where workers can join with it: an address, or a range such as 10.0.0.0/8.
    #[arg(long, value_name = "CIDR")]
    network: Option<Network>,
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
    let (scopes, ttl) = match create.role {
        Some(Role::Worker) => (vec![Scope::Join], LINK_TTL),
        None => (create.scope, TOKEN_TTL),
    };
    let request = CreateTokenRequest {
        name: BoundedText::clipped(&create.name),
        scopes,
        ttl_s: create.ttl.unwrap_or(ttl).as_secs(),
        uses: create.uses,
        network: create.network,
    };
    let created: CreatedToken =
        ask(context, &config, async |api| Ok(api.post("/v1/tokens", &request).await?)).await?;
    context.out.note(format!("{} is valid until {}; keep it secret", created.id, created.expires_at));
    match create.role {
        None => context.out.result(&created, |created| created.token.to_string()),
        Some(Role::Worker) => invite(context, &created),
    }
}

/// Prints the line to paste on the other machine.
fn invite(context: &Context, created: &CreatedToken) -> Result<(), Failure> {
    let Some(link) = &created.link else {
        let message =
            "the token was made, but not the line to paste: the address of this machine is not known";
        return Err(Failure::new(Exit::Failed, message)
            .remedy("set `coordinator.public_url` and make another; `token list` shows this one"));
    };
    let command = format!("hafs-worker --join '{link}'");
    if is_local(link) {
        context.out.note(
            "the coordinator listens on this machine only, so the line works here only; set `coordinator.listen` to an \
             address that others can reach",
        );
    }
    let json = json!({
        "id": created.id,
        "expires_at": created.expires_at,
        "token": created.token,
        "link": link,
        "command": command,
    });
    context.out.result(&json, |_| command.clone())
}

/// Whether nobody else can follow the link.
fn is_local(link: &str) -> bool {
    let host = link.split_once("://").map_or("", |(_, rest)| rest);
    ["127.", "localhost:", "localhost/", "[::1]"].iter().any(|local| host.starts_with(local))
}

async fn list(context: &Context) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let page: Page<TokenView> =
        ask(context, &config, async |api| Ok(api.get("/v1/tokens", &[]).await?)).await?;
    context.out.result(&page, |page| {
        let mut table = table(&["token", "name", "allows", "from", "made", "until", "revoked", "uses left"]);
        for token in &page.items {
            let time = |at: Option<hafs_proto::Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
            let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.word()).collect();
            table.add_row([
                token.id.to_string(),
                escape(&token.name),
                scopes.join(" "),
                token.network.map(|network| network.to_string()).unwrap_or_default(),
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
