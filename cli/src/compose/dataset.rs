//! Data sets: their names, what is asked for, and the refusal to write an empty one.

use std::path::Path;

use hafs_proto::people::{ExportRequest, Progress};
use hafs_proto::{BoundedText, RunId};
use hafs_runtime::config::{Config, Origin};

use crate::exit::Exit;
use crate::failure::Failure;

/// Reasons that are named when nothing was accepted.
const REASONS: usize = 3;

/// The export that a configuration describes, under a name that no folder has.
///
/// # Errors
/// [`Failure`] when the output folder cannot be read.
pub fn request(config: &Config, runs: Vec<RunId>) -> Result<ExportRequest, Failure> {
    Ok(ExportRequest {
        name: BoundedText::clipped(&free_name(&config.training.output_dir, &base(config))?),
        formats: config.export.formats.clone(),
        runs,
        domains: Vec::new(),
        splits: config.export.splits(),
        seed: config.export.seed,
        unverified_share: Some(config.export.unverified_share.thousandths()),
    })
}

/// The configured name; where nobody has set it, that of the run.
fn base(config: &Config) -> String {
    let set = config
        .values()
        .into_iter()
        .any(|value| value.key == "export.name" && value.origin != Origin::Default);
    let name = if set { &*config.export.name } else { &*config.run.name };
    let plain = name.to_lowercase();
    let plain: String =
        plain.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).take(48).collect();
    let plain = plain.trim_matches('-');
    if plain.is_empty() { "dataset".to_owned() } else { plain.to_owned() }
}

/// `base-1`, or with the number after the highest that is taken.
fn free_name(folder: &Path, base: &str) -> Result<String, Failure> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(format!("{base}-1")),
        Err(error) => {
            let message = format!("could not read the output folder {}: {error}", folder.display());
            return Err(Failure::new(Exit::Failed, message));
        }
    };
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let taken = names.filter_map(|name| name.strip_prefix(base)?.strip_prefix('-')?.parse::<u32>().ok());
    Ok(format!("{base}-{}", taken.max().unwrap_or(0).saturating_add(1)))
}

/// Checks that data sets can be written, before anything is paid for.
///
/// # Errors
/// [`Failure`] naming the folder.
pub fn writable(folder: &Path) -> Result<(), Failure> {
    let probe = folder.join(format!(".hafs-writable-{}", std::process::id()));
    let tried = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&probe, b""))
        .and_then(|()| std::fs::remove_file(&probe));
    tried.map_err(|error| {
        let message = format!("data sets cannot be written to {}: {error}", folder.display());
        Failure::new(Exit::Usage, message)
            .remedy("make the folder writable, set `training.output_dir` to another, or use --no-export")
    })
}

/// Refuses when nothing was accepted, saying why.
///
/// # Errors
/// [`Failure`] with the commonest reasons.
pub fn refuse_empty<'p>(progress: impl IntoIterator<Item = &'p Progress>) -> Result<(), Failure> {
    let all: Vec<&Progress> = progress.into_iter().collect();
    if all.iter().any(|progress| progress.accepted > 0) {
        return Ok(());
    }
    let sum = |count: fn(&Progress) -> u64| all.iter().map(|progress| count(progress)).sum::<u64>();
    let message = format!(
        "there is nothing to export: of {} samples made, none was accepted ({} rejected, {} undecided), and {} \
         generations failed{}",
        sum(|progress| progress.generated),
        sum(|progress| progress.rejected),
        sum(|progress| progress.candidates),
        sum(|progress| progress.failed),
        commonest(&all)
    );
    Err(Failure::new(Exit::Empty, message).remedy(
        "`hafs-factory samples list --state rejected` and `hafs-factory tasks list --state dead` show what came; a \
         larger model, a looser `[gates]` or more time may help",
    ))
}

fn commonest(all: &[&Progress]) -> String {
    let mut reasons: Vec<_> = all
        .iter()
        .flat_map(|progress| progress.rejections.iter().chain(&progress.failures))
        .filter(|reason| reason.first > 0)
        .collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.first));
    let named = reasons.iter().take(REASONS);
    let named: Vec<String> =
        named.map(|it| format!("{} x {} ({})", it.first, it.reason, it.reason.describe())).collect();
    if named.is_empty() { String::new() } else { format!("; mostly {}", named.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_after_the_highest_taken_one_is_free() {
        let dir = tempfile::tempdir().expect("a folder");
        assert_eq!(free_name(dir.path(), "factory").expect("read"), "factory-1");
        for taken in ["factory-1", "factory-7", "factory-x", "other-9"] {
            std::fs::create_dir(dir.path().join(taken)).expect("made");
        }
        assert_eq!(free_name(dir.path(), "factory").expect("read"), "factory-8");
        assert_eq!(free_name(&dir.path().join("absent"), "factory").expect("none"), "factory-1");
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_is_found_out_beforehand() {
        let dir = tempfile::tempdir().expect("a folder");
        assert!(writable(&dir.path().join("new/one")).is_ok());
        let file = dir.path().join("file");
        std::fs::write(&file, "x").expect("written");
        let failure = writable(&file.join("out")).expect_err("no folder");
        assert!(failure.to_string().contains("file/out"), "{failure}");
    }
}
