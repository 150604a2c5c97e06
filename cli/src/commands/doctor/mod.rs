//! `doctor`: what is missing or wrong, line by line, with what to do.

mod disk;
mod encryption;
mod library;
mod teachers;
mod tools;

use hafs_runtime::clock::{Clock as _, SystemClock};
use serde::Serialize;
use serde_json::json;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::text::{escape, table};

/// Look at the library, the disk, the configuration, the teachers and the tools.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  hafs-factory doctor
  hafs-factory doctor --ask

Exit code 1 says that a line is `fail`.")]
pub struct Args {
    /// Ask each teacher a short question; this loads models, and costs money where teachers do.
    #[arg(long)]
    ask: bool,
}

/// How well something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Well.
    Ok,
    /// Something is missing that is not always needed.
    Warn,
    /// The factory cannot work.
    Fail,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// How well.
    pub level: Level,
    /// What.
    pub part: String,
    /// What was found.
    pub found: String,
    /// What to do, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Line {
    /// Something that is well.
    pub fn ok(part: &str, found: impl Into<String>) -> Self {
        Self { level: Level::Ok, part: part.to_owned(), found: found.into(), remedy: None }
    }

    /// Something that is not.
    pub fn not(level: Level, part: &str, found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { level, part: part.to_owned(), found: found.into(), remedy: Some(remedy.into()) }
    }
}

/// Looks at everything.
///
/// # Errors
/// [`Failure`] when standard output cannot be written to: what is wrong stands in the lines.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let lines = look(context, args.ask).await?;
    let well = lines.iter().all(|line| line.level != Level::Fail);
    context.out.result(&json!({ "well": well, "lines": lines }), |_| rendered(&lines))?;
    Ok(if well { Exit::Done } else { Exit::Failed })
}

/// A line for everything that there is to look at; `ask` also asks each teacher a question.
///
/// # Errors
/// [`Failure`] when a look itself panics.
pub async fn look(context: &Context, ask: bool) -> Result<Vec<Line>, Failure> {
    let mut lines = Vec::new();
    match context.config(&[]) {
        Ok(config) => {
            lines.push(Line::ok("configuration", "no mistake"));
            let warnings = config.warnings().0.into_iter().filter(|_| !config.providers.is_empty());
            lines.extend(
                warnings.map(|it| Line::not(Level::Warn, "configuration", it.to_string(), it.remedy)),
            );
            lines.push(library::line(&config).await?);
            lines.extend(encryption::lines(&config, SystemClock.now()));
            lines.extend(disk::lines(&config));
            lines.extend(teachers::lines(context, &config, ask).await?);
        }
        Err(failure) => {
            let remedy = "mend the configuration; everything else is looked at after that";
            lines.push(Line::not(Level::Fail, "configuration", failure.summary(), remedy));
        }
    }
    lines.extend(tools::lines().await);
    Ok(lines)
}

fn rendered(lines: &[Line]) -> String {
    let mut table = table(&["", "what", "found"]);
    for line in lines {
        let level = match line.level {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "FAIL",
        };
        let remedy = line.remedy.iter().map(|remedy| format!("\n-> {}", escape(remedy)));
        let found: String = std::iter::once(escape(&line.found)).chain(remedy).collect();
        table.add_row([level.to_owned(), line.part.clone(), found]);
    }
    table.to_string()
}
