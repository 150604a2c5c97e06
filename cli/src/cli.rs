//! The command line.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};

use crate::commands::{
    audit, backup, completions, config, doctor, export, exports, graph, init, migrate, model, plan,
    quarantine, recheck, restore, review, run, runs, samples, seeds, support, tasks, teachers, token, verify,
    watch, web, why, worker, workers,
};
use crate::exit;

/// Makes instruction-tuning data from what you already have, and keeps where every sample came from.
#[derive(Debug, Parser)]
#[command(
    name = "hafs-factory",
    version,
    arg_required_else_help = true,
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{}", exit::table()),
    max_term_width = 110
)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "Examples:
  hafs-factory model pull qwen2.5-coder-0.5b-instruct
  hafs-factory run ~/src/my-project --target 50
  hafs-factory samples list --state rejected
  hafs-factory why sample_0198…";

/// Options that every command takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Print JSON to standard output: one document, or one a line for `run` and `watch`.
    #[arg(long, global = true)]
    pub json: bool,
    /// Print a list as CSV for a spreadsheet; texts that it would run as formulas begin with an apostrophe.
    #[arg(long, global = true, conflicts_with = "json")]
    pub csv: bool,
    /// The configuration file [default: the one in HAFS_CONFIG, else hafs.toml in the working folder].
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Folder of the library, the spool and the data sets [default: HAFS_HOME, else ~/.local/share/hafs-factory].
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Set a key of the configuration, such as `run.max_tokens=256`; lists are separated by commas.
    #[arg(long, global = true, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// Ask the coordinator at this address, on another machine for example, instead of the one of this library.
    #[arg(long, global = true, value_name = "URL")]
    pub at: Option<String>,
    /// File with a token for `--at` [default: the one in HAFS_TOKEN_FILE, else HAFS_TOKEN holds the token itself].
    #[arg(long, global = true, value_name = "FILE", requires = "at")]
    pub token_file: Option<PathBuf>,
    /// The pin of that coordinator's key, as `doctor` shows it on its machine; without it an authority must know it.
    #[arg(long, global = true, value_name = "PIN", requires = "at")]
    pub pin: Option<hafs_proto::Pin>,
    /// Say less: errors only.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more: what happens; twice: in detail.
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a commented hafs.toml.
    Init(init::Args),
    /// Mine a repository or folder, have samples written and judged, and export a data set.
    Run(run::Args),
    /// Show the factory as a whole: runs, queue, workers.
    #[command(after_help = "Example:\n  hafs-factory status --json")]
    Status,
    /// Follow what happens in a running factory.
    Watch(watch::Args),
    /// Runs: start, list, show, pause, resume, cancel.
    #[command(subcommand, after_help = runs::EXAMPLES)]
    Runs(runs::Command),
    /// Samples: list, and show one with its lineage, checks, verdicts and decision.
    #[command(subcommand, after_help = samples::EXAMPLES)]
    Samples(samples::Command),
    /// Seeds: what was mined.
    #[command(subcommand, after_help = seeds::EXAMPLES)]
    Seeds(seeds::Command),
    /// Tasks: list, show one with what was tried, give dead ones new attempts.
    #[command(subcommand, after_help = tasks::EXAMPLES)]
    Tasks(tasks::Command),
    /// Say why a task waits, a sample was rejected or a worker is idle.
    Why(why::Args),
    /// Workers: list, trust, pause, resume, drain, rotate, revoke.
    #[command(subcommand, after_help = workers::EXAMPLES)]
    Workers(workers::Command),
    /// Teachers: how they stand with their limits and providers; let one be asked again.
    #[command(subcommand, after_help = teachers::EXAMPLES)]
    Teachers(teachers::Command),
    /// Say what a run will cost before it starts: calls, tokens, money and time.
    Plan(plan::Args),
    /// Write a data set.
    Export(export::Args),
    /// Data sets that were written: list, and show one with what became of its samples since.
    #[command(subcommand, after_help = exports::EXAMPLES)]
    Exports(exports::Command),
    /// Set aside all that a worker, teacher or source has produced, or what came in some time; and take that back.
    Quarantine(quarantine::Args),
    /// Let newer gates and validators look again at samples that were decided before.
    Recheck(recheck::Args),
    /// Decide about samples yourself: accept, reject, edit, tag.
    Review(review::Args),
    /// The audit log: list who did what, follow its chain of hashes.
    #[command(subcommand, after_help = audit::EXAMPLES)]
    Audit(audit::Command),
    /// Knowledge graphs: read them from files, look things up, print them.
    #[command(subcommand, after_help = graph::EXAMPLES)]
    Graph(graph::Command),
    /// Re-derive everything in the library, or re-check a data set, and name what does not agree.
    Verify(verify::Args),
    /// Look at the library, the disk, the configuration, the teachers and the tools.
    Doctor(doctor::Args),
    /// Write a file for a report of trouble: what this factory is and how it stands, without texts or secrets.
    Support(support::Args),
    /// Copy the library to a file, also while it is in use.
    Backup(backup::Args),
    /// Make a backup the library.
    Restore(restore::Args),
    /// Move the library from a file into a PostgreSQL database, or back.
    Migrate(migrate::Args),
    /// The configuration: check it, show it, list all keys.
    #[command(subcommand, after_help = config::EXAMPLES)]
    Config(config::Command),
    /// Models of the embedded engine: list, pull.
    #[command(subcommand, after_help = model::EXAMPLES)]
    Model(model::Command),
    /// Tokens for programs and workers: create, list, revoke.
    #[command(subcommand, after_help = token::EXAMPLES)]
    Token(token::Command),
    /// Open the web pages of a running factory, logged in.
    Web(web::Args),
    /// Work for a coordinator on another machine, with the embedded engine too.
    Worker(worker::Args),
    /// Print completions for a shell.
    Completions(completions::Args),
    /// Print the OpenAPI description of the coordinator's API.
    #[command(after_help = "Example:\n  hafs-factory openapi > openapi.json")]
    Openapi,
}

impl Command {
    /// Whether it prints a list, the only thing that is a table for programs too.
    #[must_use]
    pub const fn is_list(&self) -> bool {
        matches!(
            self,
            Self::Samples(samples::Command::List(_))
                | Self::Seeds(seeds::Command::List(_))
                | Self::Tasks(tasks::Command::List(_))
                | Self::Runs(runs::Command::List)
                | Self::Workers(workers::Command::List)
                | Self::Teachers(teachers::Command::List)
                | Self::Exports(exports::Command::List)
                | Self::Audit(audit::Command::List(_))
                | Self::Token(token::Command::List)
        )
    }
}

fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE, such as run.target=50".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn without(command: &clap::Command, path: &str, found: &mut Vec<String>) {
            for sub in command.get_subcommands() {
                let path = format!("{path} {}", sub.get_name());
                let documented = sub.get_after_help().or(command.get_after_help());
                if !documented.is_some_and(|help| help.to_string().contains("hafs-factory")) {
                    found.push(path.clone());
                }
                without(sub, &path, found);
            }
        }
        let mut found = Vec::new();
        without(&Cli::command(), "hafs-factory", &mut found);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn keys_are_set_with_an_equals_sign_and_values_may_hold_more_of_them() {
        assert_eq!(key_value("a.b=c=d"), Ok(("a.b".to_owned(), "c=d".to_owned())));
        assert!(key_value("a.b").is_err() && key_value("=c").is_err());
    }
}
