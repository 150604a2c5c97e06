//! Real models for tests, where they are installed: weights in the cache, and llama.cpp behind a server.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::cache::cached;

/// The smallest chat model.
#[must_use]
pub fn smollm2() -> Option<PathBuf> {
    let folder = cached("HAFS_TEST_MODELS", "models")?;
    let found = std::fs::read_dir(&folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = found.collect();
    files.sort();
    files.into_iter().find(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("smollm2-135m-instruct") && name.ends_with(".gguf")
    })
}

/// llama.cpp behind an OpenAI-compatible server; stops when dropped.
pub struct Engine {
    child: Child,
    /// Where it listens.
    pub url: String,
    /// Its model's name.
    pub model: String,
}

impl Engine {
    /// Starts it with a GGUF file, if it is installed.
    #[must_use]
    pub fn start(model: &Path) -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/engine.sh");
        cached("HAFS_TEST_ENGINES", "engines").filter(|folder| folder.exists())?;
        let mut child = Command::new("bash")
            .args([script, "serve"])
            .arg(model)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
        let said = line.trim().strip_prefix("listening on ").and_then(|rest| rest.split_once(" serving "));
        let Some((url, model)) = said else {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        };
        let (url, model) = (url.to_owned(), model.to_owned());
        Some(Self { child, url, model })
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
