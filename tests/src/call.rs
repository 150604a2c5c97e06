//! Calls of `hafs-factory` that end by themselves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_proto::ContentHash;
use serde_json::Value;
use tokio::process::Command;

use crate::process::program;

/// Longer than any call of a test takes.
const LIMIT: Duration = Duration::from_secs(120);

/// How a call ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
}

/// Calls the program in `home`, with no variables but the search path.
///
/// # Panics
/// When it cannot be started, prints what is not UTF-8, or takes longer than two minutes.
pub async fn factory(home: &Path, args: &[&str]) -> Ended {
    factory_with(home, args, &[]).await
}

/// As [`factory`], with more variables.
///
/// # Panics
/// As [`factory`].
pub async fn factory_with(home: &Path, args: &[&str], variables: &[(&str, &str)]) -> Ended {
    let mut command = Command::new(program("hafs-factory"));
    command.args(args).current_dir(home).env_clear().kill_on_drop(true);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // Nothing listens on the discard port of this machine.
    command.env("HOME", home).env("HAFS_HOME", home.join("data")).env("OLLAMA_HOST", "127.0.0.1:9");
    command.envs(variables.iter().copied());
    let output = tokio::time::timeout(LIMIT, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("hafs-factory {args:?} did not end within {LIMIT:?}"));
    let output = output.unwrap_or_else(|error| panic!("cannot start hafs-factory: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap_or_else(|error| panic!("{args:?}: {error}"));
    Ended { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Exports what a library holds: the samples of the data set, file by file, as hashes. The manifest says when it was
/// written and so is not among them.
///
/// # Panics
/// When nothing can be exported, or the files cannot be read.
pub async fn exported(home: &Path) -> BTreeMap<PathBuf, ContentHash> {
    let export = ["export", "--name", "moment", "--format", "messages", "--json"];
    let written = factory(home, &export).await.document();
    let folder = home.join(written["path"].as_str().unwrap_or_else(|| panic!("no path: {written}")));
    samples_of(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
}

fn samples_of(folder: &Path) -> std::io::Result<BTreeMap<PathBuf, ContentHash>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "jsonl") {
                let name = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                found.insert(name, ContentHash::of(&std::fs::read(&path)?));
            }
        }
    }
    Ok(found)
}

impl Ended {
    /// It ended with this code and said all of this on standard error.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn says(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in {self:?}");
        }
    }

    /// The one document that it printed; it must have ended well.
    ///
    /// # Panics
    /// When it has not.
    #[must_use]
    #[track_caller]
    pub fn document(&self) -> Value {
        assert_eq!(self.code, Some(0), "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The last of the documents that a `run --json` printed: its summary.
    ///
    /// # Panics
    /// When it printed none.
    #[must_use]
    #[track_caller]
    pub fn summary(&self) -> Value {
        let last = self.stdout.lines().last().unwrap_or_default();
        let summary: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {self:?}"));
        assert_eq!(summary["event"], "summary", "{self:?}");
        summary
    }
}
