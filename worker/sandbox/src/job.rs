//! What is run in a sandbox.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::limits::Limits;

/// A file that the tool finds in its folder. The name is a literal of this program: nothing of a sample or a task is
/// ever a name, so no name can be an option (`-fplugin=x.so`, `@file`) or a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// One call of one program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The program, by its whole path.
    pub program: PathBuf,
    /// What it is told.
    pub arguments: Vec<String>,
    /// The input file that it reads as standard input; nothing when absent.
    pub stdin: Option<String>,
}

/// What is wanted of a job, beside how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// What the last step writes to standard output.
    Output,
    /// A file that the steps leave in their folder.
    File(&'static str),
}

/// One tool, or a few in a row, on one input. A step that fails ends the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What is called, in order.
    pub steps: Vec<Step>,
    /// What they find.
    pub files: Vec<InputFile>,
    /// What is wanted of them.
    pub wanted: Wanted,
    /// Files and folders outside the system's own that they may read and run.
    pub view: Vec<PathBuf>,
    /// What they may use.
    pub limits: Limits,
}

impl Step {
    /// A call of a program without standard input.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { program: program.into(), arguments, stdin: None }
    }

    /// The same call with an input file as standard input.
    #[must_use]
    pub fn reading(mut self, file: &'static str) -> Self {
        self.stdin = Some(file.to_owned());
        self
    }
}

impl InputFile {
    /// A file with this text.
    #[must_use]
    pub fn new(name: &'static str, text: impl Into<Vec<u8>>) -> Self {
        Self { name, bytes: text.into() }
    }
}

impl Job {
    /// A job of one step whose output is wanted, under the usual limits.
    #[must_use]
    pub fn new(step: Step) -> Self {
        Self {
            steps: vec![step],
            files: Vec::new(),
            wanted: Wanted::Output,
            view: Vec::new(),
            limits: Limits::default(),
        }
    }
}
