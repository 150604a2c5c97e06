//! The last question before a compiler or an assembler is trusted: does this very program, in this sandbox, bring back
//! a file of the machine when its input asks for it?

use std::path::PathBuf;

use hafs_sandbox::{End, InputFile, Job, Sandbox, Stop};
use tempfile::TempDir;

/// What stands in the file that must not come back. No compiler says it by itself.
const SECRET: &str = "hafs_canary_4f1d9c_do_not_leak";

/// An attempt: what it is, and the input that makes it. `PATH` stands for the file's path.
pub(crate) struct Bait {
    /// For people.
    pub(crate) what: &'static str,
    /// The input.
    pub(crate) input: &'static str,
}

/// Tries every bait with the tool; `job` makes a tool's job of an input file.
///
/// # Errors
/// What brought the file back, or could not be tried.
pub(crate) fn refused(sandbox: &Sandbox, baits: &[Bait], job: impl Fn(Vec<u8>) -> Job) -> Result<(), String> {
    let (_folder, path) = canary().map_err(|error| format!("the bait could not be set: {error}"))?;
    let path = path.display().to_string();
    for bait in baits {
        let report = sandbox.run(&job(bait.input.replace("PATH", &path).into_bytes()), &Stop::default());
        let leaks = contains(&report.result, SECRET) || report.said.contains(SECRET);
        match report.end {
            _ if leaks => return Err(format!("{} brings back a file of this machine", bait.what)),
            End::NotRun(why) => return Err(format!("{} could not be tried: {why}", bait.what)),
            End::Exited(_)
            | End::Signalled(_)
            | End::OverWall
            | End::OverMemory
            | End::OverProcesses
            | End::OverOutput
            | End::Stopped => {}
        }
    }
    Ok(())
}

fn canary() -> std::io::Result<(TempDir, PathBuf)> {
    let folder = tempfile::Builder::new().prefix("hafs-bait-").tempdir()?;
    let path = folder.path().join("canary.h");
    std::fs::write(&path, format!("{SECRET} ;\n"))?;
    Ok((folder, path))
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The input under its fixed name.
pub(crate) fn input(name: &'static str, bytes: Vec<u8>) -> InputFile {
    InputFile { name, bytes }
}
