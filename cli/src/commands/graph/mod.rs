//! `graph`: make a knowledge graph, and ask it.

mod build;
mod files;
mod show;

use hafs_proto::GraphName;
use hafs_proto::graph::EntityId;
use std::path::PathBuf;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory graph build alttp ~/src/disassembly
  hafs-factory graph import alttp game.sym routines.csv
  hafs-factory graph show alttp Link_Main
  hafs-factory graph neighbours alttp 'mem:$7E0010'
  hafs-factory graph export alttp > alttp.jsonl

A graph is the union of what its sources say: each file takes the place of what it said before, and nothing else is
touched. `[[graphs]]` in hafs.toml says which samples are held to it.";

/// What to do with graphs.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Read the code, documents and tables below a folder; files that are gone since the last time are forgotten.
    Build {
        /// The graph; the first source makes it.
        graph: GraphName,
        /// The folder.
        folder: PathBuf,
        /// The dialect of its assembly, where the files themselves do not tell: asar, ca65 or wla-dx.
        #[arg(long, value_parser = ["asar", "ca65", "wla-dx"])]
        dialect: Option<String>,
        /// Leave the table of the SNES's registers out.
        #[arg(long)]
        without_registers: bool,
    },
    /// Read tables: symbol files, lists of routines or registers, a knowledge_graph.json.
    Import {
        /// The graph; the first source makes it.
        graph: GraphName,
        /// The tables; they are known by their names without the folder.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// What they are, where their names do not tell.
        #[arg(long, value_parser = ["symbols", "routines", "knowledge-graph"])]
        format: Option<String>,
    },
    /// All graphs.
    List,
    /// A graph in numbers.
    Stats {
        /// The graph.
        graph: GraphName,
    },
    /// What is said of an entity, with the sources.
    Show {
        /// The graph.
        graph: GraphName,
        /// A name, an address or an id.
        name: String,
    },
    /// The edges that lead from an entity or to it.
    Neighbours {
        /// The graph.
        graph: GraphName,
        /// The entity, such as `asm:Link_Main`.
        entity: EntityId,
        /// At most this many.
        #[arg(long, default_value_t = 200)]
        limit: usize,
    },
    /// Print all facts in canonical order, one JSON document a line: the same files give the same bytes.
    Export {
        /// The graph.
        graph: GraphName,
    },
}

/// Does it.
///
/// # Errors
/// [`Failure`] when a file cannot be read or the coordinator refuses.
pub async fn run(context: &Context, command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Build { graph, folder, dialect, without_registers } => {
            let dialect = dialect.as_deref().and_then(files::dialect);
            build::build(context, &graph, &folder, (dialect, !without_registers)).await
        }
        Command::Import { graph, files, format } => {
            build::import(context, &graph, &files, format.as_deref().and_then(files::format)).await
        }
        Command::List => show::list(context).await,
        Command::Stats { graph } => show::stats(context, &graph).await,
        Command::Show { graph, name } => show::show(context, &graph, &name).await,
        Command::Neighbours { graph, entity, limit } => {
            show::neighbours(context, &graph, &entity, limit).await
        }
        Command::Export { graph } => show::export(context, &graph).await,
    }
}
