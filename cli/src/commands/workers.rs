//! `workers`: who is here, and orders to them.

use hafs_proto::people::{Page, SetTrust, WorkerView};
use hafs_proto::worker::{GpuFacts, LocalModel};
use hafs_proto::{BoundedText, TrustState, WorkerId};
use serde_json::json;

use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{count, escape, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory workers list
  hafs-factory workers pause worker_0198c0de…
  hafs-factory workers trust worker_0198c0de… suspended --reason \"its answers name files that do not exist\"
  hafs-factory workers rotate --all";

/// What to do with workers.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Workers that have joined.
    List,
    /// Hand a worker nothing until it is resumed.
    Pause {
        /// The worker.
        worker: WorkerId,
    },
    /// Let a paused worker go on.
    Resume {
        /// The worker.
        worker: WorkerId,
    },
    /// Let a worker finish what it holds and leave.
    Drain {
        /// The worker.
        worker: WorkerId,
    },
    /// Have a worker, or all of them, draw a new secret with the next renewal.
    #[command(arg_required_else_help = true)]
    Rotate {
        /// The worker.
        #[arg(conflicts_with = "all")]
        worker: Option<WorkerId>,
        /// All workers that have joined.
        #[arg(long)]
        all: bool,
    },
    /// Set how far a worker is believed. A suspended one gets no tasks; what it still hands in is set aside.
    Trust {
        /// The worker.
        worker: WorkerId,
        /// How far.
        #[arg(value_parser = trust_state, value_name = "new|probation|trusted|suspended")]
        state: TrustState,
        /// Why; it stands in the audit log.
        #[arg(long)]
        reason: String,
    },
    /// Take a worker's credentials away, at once.
    Revoke {
        /// The worker.
        worker: WorkerId,
    },
}

/// Does it.
///
/// # Errors
/// [`Failure`] when there is no such worker.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::List => list(context).await?,
        Command::Pause { worker } => order(context, worker, "pause", "paused").await?,
        Command::Resume { worker } => order(context, worker, "resume", "resumed").await?,
        Command::Drain { worker } => order(context, worker, "drain", "told to drain").await?,
        Command::Rotate { worker, all: _ } => rotate(context, worker).await?,
        Command::Trust { worker, state, reason } => trust(context, worker, state, reason).await?,
        Command::Revoke { worker } => order(context, worker, "revoke", "revoked").await?,
    }
    Ok(Exit::Done)
}

async fn list(context: &Context) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let page: Page<WorkerView> =
        ask(context, &config, async |api| Ok(api.get("/v1/workers", &[]).await?)).await?;
    context.out.result(&page, |page| {
        let mut table = table(&[
            "worker",
            "name",
            "state",
            "trust",
            "holds",
            "spooled",
            "can",
            "models",
            "last sign of life",
        ]);
        for worker in &page.items {
            let routes = worker.pools.iter().flat_map(|pool| &pool.routes).map(ToString::to_string);
            table.add_row([
                worker.id.to_string(),
                escape(&worker.name),
                state(worker),
                worker.trust.as_ref().map_or(TrustState::New, |trust| trust.state).word().to_owned(),
                count(worker.leased),
                count(worker.spooled),
                routes.collect::<Vec<_>>().join(" "),
                escape(&models(worker)),
                worker.seen_at.to_string(),
            ]);
        }
        table.to_string()
    })
}

/// The worker's GPUs, and its own models with where they are and how fast they write.
fn models(worker: &WorkerView) -> String {
    let gpu = |gpu: &GpuFacts| format!("{} {} MiB", gpu.name, gpu.memory_bytes >> 20);
    let model = |model: &LocalModel| {
        let speed = model.tokens_per_second.map_or_else(String::new, |speed| format!(", {speed} tokens/s"));
        let why = model.why.as_ref().map_or_else(String::new, |why| format!(", {why}"));
        format!("{} ({}{speed}{why})", model.route, model.residence.word())
    };
    let gpus = worker.facts.gpus.iter().map(gpu);
    let models = worker.residency.iter().flat_map(|residency| &residency.models).map(model);
    gpus.chain(models).collect::<Vec<_>>().join("; ")
}

fn state(worker: &WorkerView) -> String {
    let state = match (worker.alive, worker.draining, worker.paused) {
        (false, _, _) => "away",
        (true, true, _) => "draining",
        (true, false, true) => "paused",
        (true, false, false) => "here",
    };
    let copied = if worker.cloned_at.is_some() { ", copied (see why)" } else { "" };
    format!("{state}{copied}")
}

/// Tells one worker, or without a name all of them, to draw a new secret.
async fn rotate(context: &Context, worker: Option<WorkerId>) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let told: Vec<WorkerId> = ask(context, &config, async |api| {
        let workers = match worker {
            Some(worker) => vec![worker],
            None => {
                let all: Page<WorkerView> = api.get("/v1/workers", &[]).await?;
                all.items.into_iter().map(|worker| worker.id).collect()
            }
        };
        for worker in &workers {
            api.order(&format!("/v1/workers/{worker}/rotate")).await?;
        }
        Ok(workers)
    })
    .await?;
    context.out.result(&json!({ "order": "rotate", "workers": told }), |_| {
        let told = told.len();
        format!("{told} told to draw a new secret; each does so with its next renewal.")
    })
}

async fn trust(
    context: &Context,
    worker: WorkerId,
    state: TrustState,
    reason: String,
) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let reason = BoundedText::new(reason)?;
    let (path, wish) = (format!("/v1/workers/{worker}/trust"), SetTrust { state, reason });
    ask(context, &config, async |api| Ok(api.tell(&path, &wish).await?)).await?;
    context.out.result(&json!({ "worker": worker, "trust": state }), |_| {
        let after = match state {
            TrustState::Suspended => {
                format!(" It gets no tasks.\n\nNext:\n  hafs-factory quarantine --worker {worker} --reason \"…\" --dry-run")
            }
            TrustState::New | TrustState::Probation => " Its samples count as unverified.".to_owned(),
            TrustState::Trusted => String::new(),
        };
        format!("{worker} is {}.{after}", state.word())
    })
}

fn trust_state(word: &str) -> Result<TrustState, String> {
    let found = TrustState::ALL.iter().copied().find(|state| state.word() == word);
    found.ok_or_else(|| "expected one of new, probation, trusted, suspended".to_owned())
}

async fn order(context: &Context, worker: WorkerId, verb: &str, done: &str) -> Result<(), Failure> {
    let config = context.config(&[])?;
    let path = format!("/v1/workers/{worker}/{verb}");
    ask(context, &config, async |api| Ok(api.order(&path).await?)).await?;
    context.out.result(&json!({ "worker": worker, "order": verb }), |_| format!("{worker} is {done}."))
}
