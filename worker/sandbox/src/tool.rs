//! A program of this machine that is to be run in a sandbox, and which one it is.

use std::path::{Path, PathBuf};

use hafs_proto::ContentHash;
use thiserror::Error;

use crate::job::{Job, Step};
use crate::report::{End, Report};
use crate::sandbox::Sandbox;
use crate::stop::Stop;

/// Where programs are looked for. Not by `PATH`: whoever can set that could name another.
const PLACES: &[&str] = &["/usr/bin", "/usr/local/bin", "/bin", "/opt/homebrew/bin"];
/// The longest version that is kept.
const VERSION_CHARS: usize = 120;

/// A program that was found and has said its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The program, links followed.
    pub path: PathBuf,
    /// The first line of what it says about itself.
    pub version: String,
    /// Hash of the program's bytes and of all that it says about itself.
    pub hash: ContentHash,
}

/// Why a tool cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ToolError {
    /// It is nowhere.
    #[error("there is no `{name}` in {}; install it, or give its path", PLACES.join(", "))]
    Missing {
        /// What was looked for.
        name: String,
    },
    /// The path leads nowhere.
    #[error("there is no program at {}", path.display())]
    NoFile {
        /// The path.
        path: PathBuf,
    },
    /// It does not run in the sandbox.
    #[error("{} does not run in the sandbox: {why}", path.display())]
    Unrunnable {
        /// The program.
        path: PathBuf,
        /// Why not.
        why: String,
    },
}

impl Tool {
    /// The program of a name in the usual places, or at a path that a person has given.
    ///
    /// # Errors
    /// [`ToolError::Missing`], [`ToolError::NoFile`].
    pub fn locate(name: &str, path: Option<&Path>) -> Result<PathBuf, ToolError> {
        let found = match path {
            Some(path) => std::fs::canonicalize(path).ok().filter(|path| path.is_file()),
            None => PLACES
                .iter()
                .filter_map(|place| std::fs::canonicalize(Path::new(place).join(name)).ok())
                .find(|path| path.is_file()),
        };
        found.ok_or_else(|| match path {
            Some(path) => ToolError::NoFile { path: path.to_owned() },
            None => ToolError::Missing { name: name.to_owned() },
        })
    }

    /// Asks a program for its version, in the sandbox. `version` is how it is asked; nothing: it is known by its bytes
    /// alone.
    ///
    /// # Errors
    /// [`ToolError::Unrunnable`] when it says nothing, [`ToolError::NoFile`] when it cannot be read.
    pub fn identify(path: PathBuf, version: Option<&str>, sandbox: &Sandbox) -> Result<Self, ToolError> {
        let bytes = std::fs::read(&path).map_err(|_| ToolError::NoFile { path: path.clone() })?;
        let program = ContentHash::of(&bytes).to_string();
        let Some(version) = version else {
            let version = path.file_name().unwrap_or_default().display().to_string();
            return Ok(Self { hash: ContentHash::of_parts([&program, "", ""]), version, path });
        };
        let mut job = Job::new(Step::new(&path, &[version]));
        job.view.push(path.clone());
        let Report { end, result, said, .. } = sandbox.run(&job, &Stop::default());
        let text = format!("{}{said}", String::from_utf8_lossy(&result));
        // Some assemblers say their version and end with 1.
        if !matches!(end, End::Exited(_)) || text.trim().is_empty() {
            return Err(ToolError::Unrunnable { path, why: end.to_string() });
        }
        Ok(Self {
            hash: ContentHash::of_parts([&program, &text, ""]),
            version: text.lines().find(|line| !line.trim().is_empty()).map(clip).unwrap_or_default(),
            path,
        })
    }
}

fn clip(line: &str) -> String {
    line.trim().chars().filter(|c| !c.is_control()).take(VERSION_CHARS).collect()
}
