//! `config`: check it, show it, list all keys.

use std::path::PathBuf;

use hafs_runtime::config::{self, CheckReport, Request, reference};
use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{escape, table};

/// For `--help`.
pub const EXAMPLES: &str = "Examples:
  hafs-factory config check
  hafs-factory config show --json
  hafs-factory config keys";

/// What to do with the configuration.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Every mistake at once, and what would keep a run from being started.
    Check,
    /// Every value in effect and where it comes from.
    Show,
    /// Every key with its meaning, bounds and default.
    Keys,
}

/// Does it.
///
/// # Errors
/// [`Failure`] when the file cannot be read.
pub fn run(context: &Context, command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Check => check(context),
        Command::Show => show(context),
        Command::Keys => {
            context.out.result(&json!({ "markdown": reference() }), |_| reference())?;
            Ok(Exit::Done)
        }
    }
}

fn report(context: &Context) -> Result<CheckReport, Failure> {
    let flags = context.overrides(&[]);
    let file = context.config_file().map(PathBuf::as_path);
    Ok(config::check(Request { file, env: &context.env, flags: &flags })?)
}

fn check(context: &Context) -> Result<Exit, Failure> {
    let report = report(context)?;
    context.out.result(&report, |report| {
        let file = report.file.as_ref().map_or_else(
            || "No configuration file; defaults and variables".to_owned(),
            |path| path.display().to_string(),
        );
        let mut lines = vec![format!("{file}: {}", if report.valid { "no mistake" } else { "wrong" })];
        lines
            .extend(report.errors.iter().map(|mistake| format!("  error: {}", escape(&mistake.to_string()))));
        lines.extend(
            report.warnings.iter().map(|mistake| format!("  warning: {}", escape(&mistake.to_string()))),
        );
        lines.join("\n")
    })?;
    Ok(if report.valid { Exit::Done } else { Exit::Usage })
}

fn show(context: &Context) -> Result<Exit, Failure> {
    let report = report(context)?;
    if !report.valid {
        return check(context);
    }
    context.out.result(&report.values, |values| {
        let mut table = table(&["key", "value", "from"]);
        for value in values {
            table.add_row([value.key.clone(), escape(&value.value.to_string()), value.origin.to_string()]);
        }
        table.to_string()
    })?;
    Ok(Exit::Done)
}
