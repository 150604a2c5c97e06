//! `seeds`: what was mined.

use hafs_proto::people::Page;
use hafs_proto::{Domain, Seed, SeedId, SourceName};

use crate::api::ask;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{escape, one_line, pairs, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory seeds list --kind commit
  hafs-factory seeds show seed_0198c0de…";

/// What to do with seeds.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Seeds, newest first.
    List(Filter),
    /// A seed with its text.
    Show {
        /// The seed.
        seed: SeedId,
    },
}

/// Which seeds.
#[derive(Debug, clap::Args)]
pub struct Filter {
    /// Of this kind.
    #[arg(long, value_parser = ["commit", "todo", "doc_section", "code_unit"])]
    kind: Option<String>,
    /// From this source.
    #[arg(long)]
    source: Option<SourceName>,
    /// Of this domain.
    #[arg(long)]
    domain: Option<Domain>,
    /// At most this many.
    #[arg(long, default_value_t = 50)]
    limit: usize,
}

/// Does it.
///
/// # Errors
/// [`Failure`] when there is no such seed.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    match command {
        Command::List(filter) => {
            let query = query(&filter);
            let page: Page<Seed> =
                ask(context, &config, async |api| Ok(api.list("/v1/seeds", &query, filter.limit).await?))
                    .await?;
            context.out.result(&page, rows)?;
        }
        Command::Show { seed } => {
            let path = format!("/v1/seeds/{seed}");
            let seed: Seed = ask(context, &config, async |api| Ok(api.get(&path, &[]).await?)).await?;
            context.out.result(&seed, one)?;
        }
    }
    Ok(Exit::Done)
}

fn query(filter: &Filter) -> Vec<(&'static str, String)> {
    let kind = filter.kind.iter().map(|kind| ("kind", kind.clone()));
    let source = filter.source.iter().map(|source| ("source", source.to_string()));
    let domain = filter.domain.iter().map(|domain| ("domain", domain.to_string()));
    kind.chain(source).chain(domain).collect()
}

fn rows(page: &Page<Seed>) -> String {
    let mut table = table(&["seed", "kind", "domain", "source", "title"]);
    for seed in &page.items {
        table.add_row([
            seed.id.to_string(),
            seed.draft.kind.word().to_owned(),
            seed.draft.domain.to_string(),
            seed.draft.provenance.source.to_string(),
            one_line(&seed.draft.title, 72),
        ]);
    }
    table.to_string()
}

fn one(seed: &Seed) -> String {
    let (draft, origin) = (&seed.draft, &seed.draft.provenance);
    let license = origin.license.as_deref().unwrap_or("not known");
    let facts = pairs([
        ("seed", seed.id.to_string()),
        ("kind", draft.kind.word().to_owned()),
        ("title", escape(&draft.title)),
        ("source", origin.source.to_string()),
        ("place", escape(&origin.locator)),
        ("group", escape(&origin.group)),
        ("licence", escape(license)),
        ("redactions", origin.redactions.to_string()),
    ]);
    format!("{facts}\n\n{}", escape(&draft.text))
}
