//! What the launcher inside is told, and what it says at the end.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::job::{Job, Step, Wanted};
use crate::report::End;

/// The launcher's orders, its second argument as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Orders {
    /// What the last line begins with. The tool does not learn it, so it cannot write that line.
    pub(crate) nonce: String,
    /// What to call.
    pub(crate) steps: Vec<Step>,
    /// The file whose bytes are the result; absent when it is the last step's output.
    pub(crate) result: Option<String>,
    /// The folder that may be written.
    pub(crate) folder: PathBuf,
    /// What may be read and run.
    pub(crate) view: Vec<PathBuf>,
    /// The user to become, if it is another.
    pub(crate) user: Option<u32>,
    /// Whether namespaces hide files and network; without them Landlock has to.
    pub(crate) namespaces: bool,
    /// Seconds of processor time.
    pub(crate) cpu_s: u64,
    /// Bytes of address space.
    pub(crate) memory: u64,
    /// Bytes of one file.
    pub(crate) file: u64,
    /// Bytes of the result.
    pub(crate) output: usize,
    /// Processes of the user.
    pub(crate) processes: u64,
    /// Open files.
    pub(crate) open_files: u64,
}

impl Orders {
    /// The orders of a job in a folder; `processes` counts those that the user has already, where they count.
    pub(crate) fn of(job: &Job, nonce: String, folder: PathBuf, processes: u64) -> Self {
        Self {
            nonce,
            steps: job.steps.clone(),
            result: match job.wanted {
                Wanted::Output => None,
                Wanted::File(name) => Some(name.to_owned()),
            },
            folder,
            view: job.view.clone(),
            user: None,
            namespaces: false,
            cpu_s: job.limits.cpu.as_secs().max(1),
            memory: job.limits.memory,
            file: job.limits.file,
            output: job.limits.output,
            processes: processes + u64::from(job.limits.processes),
            open_files: u64::from(job.limits.open_files),
        }
    }
}

/// The launcher's last words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastWords {
    /// How the steps ended.
    pub(crate) end: End,
    /// Whether Landlock stood.
    pub(crate) landlock: bool,
}

impl LastWords {
    /// The line that says them.
    pub(crate) fn line(&self, nonce: &str) -> String {
        let walls = if self.landlock { "landlock" } else { "none" };
        let end = match &self.end {
            End::Exited(code) => format!("exit {code}"),
            End::Signalled(signal) => format!("signal {signal}"),
            End::NotRun(why) => format!("broken {}", why.replace('\n', " ")),
            // Only the outside can tell these.
            End::OverWall | End::OverMemory | End::OverProcesses | End::OverOutput | End::Stopped => {
                "broken".to_owned()
            }
        };
        format!("\n{nonce} {walls} {end}\n")
    }

    /// Takes the last words off the end of what was said.
    pub(crate) fn take(said: &mut String, nonce: &str) -> Option<Self> {
        let at = said.rfind(&format!("\n{nonce} "))?;
        let line = said.split_off(at);
        let mut words = line.trim().splitn(4, ' ').skip(1);
        let landlock = words.next()? == "landlock";
        let (kind, rest) = (words.next()?, words.next().unwrap_or_default());
        let end = match kind {
            "exit" => End::Exited(rest.parse().ok()?),
            "signal" => End::Signalled(rest.parse().ok()?),
            _ => End::NotRun(rest.to_owned()),
        };
        Some(Self { end, landlock })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_words_survive_their_line_and_only_the_nonce_makes_them() {
        for end in [End::Exited(0), End::Exited(3), End::Signalled(9), End::NotRun("no such file".to_owned())]
        {
            let words = LastWords { end, landlock: true };
            let mut said = format!("in.cpp:1: error\nfake landlock exit 0{}", words.line("n0nce"));
            assert_eq!(LastWords::take(&mut said, "n0nce"), Some(words));
            assert_eq!(said, "in.cpp:1: error\nfake landlock exit 0");
            assert_eq!(LastWords::take(&mut said, "n0nce"), None);
        }
    }
}
