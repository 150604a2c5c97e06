//! From a path of the command line to a source, and a first look at sources before anything is started.

use std::path::Path;

use hafs_proto::ContentHash;
use hafs_runtime::config::{self, Source};
use hafs_runtime::env::Environment;
use hafs_sources::{HarvestError, SourceSettings};
use serde_json::json;

use crate::context::mistaken;
use crate::exit::Exit;
use crate::failure::Failure;

/// Characters of a folder's name that become part of its source's name.
const NAME: usize = 40;

/// The source that a path means: a git repository, or a folder of documents and code.
///
/// Its name ends in a hash of its path, so that two folders of one name are two sources, and one folder is the same
/// source whenever it is named.
///
/// # Errors
/// [`Failure`] when there is nothing at the path or it cannot be read.
pub fn at(path: &Path) -> Result<Source, Failure> {
    let whole = path.canonicalize().map_err(|error| {
        Failure::new(Exit::Usage, format!("cannot use {} as a source: {error}", path.display()))
            .remedy("name a git repository (also a bare one) or a folder of documents and code")
    })?;
    if !whole.is_dir() {
        let message = format!("cannot use {} as a source: it is a file", path.display());
        return Err(Failure::new(Exit::Usage, message).remedy("name the folder that it is in"));
    }
    let text = whole.to_str().ok_or_else(|| {
        let message = format!("the path {} is not UTF-8", whole.display());
        Failure::new(Exit::Usage, message).remedy("rename the folder, or name a link to it")
    })?;
    let kind = if is_repository(&whole) { "git" } else { "folder" };
    // The defaults of a source stand in one place, the configuration, so the section is read as if written there.
    let section = format!(
        "[[sources]]\nname = {}\nkind = \"{kind}\"\npath = {}\n",
        json!(name(&whole, text)),
        json!(text)
    );
    let nowhere: Environment = [("HAFS_HOME", "unused")].into_iter().collect();
    let mut config = config::parse(&section, Path::new("hafs.toml"), &nowhere, &[])
        .map_err(|mistakes| mistaken(&mistakes))?;
    config.sources.pop().ok_or_else(|| Failure::new(Exit::Usage, format!("{text} is no source")))
}

/// The top of a working tree, or a bare repository.
fn is_repository(path: &Path) -> bool {
    let bare = || path.join("HEAD").is_file() && path.join("objects").is_dir() && path.join("refs").is_dir();
    path.join(".git").exists() || bare()
}

fn name(path: &Path, text: &str) -> String {
    let folder = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let plain =
        folder.trim_end_matches(".git").chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' });
    let slug: String = plain.take(NAME).collect();
    let slug = slug.trim_matches('-');
    let hash = ContentHash::of(text.as_bytes()).to_string();
    format!("{}-{}", if slug.is_empty() { "root" } else { slug }, hash.get(..6).unwrap_or_default())
}

/// Opens every source and mines its first seed, so that one that is missing, broken or empty is told of before a run
/// is started. Blocks.
///
/// # Errors
/// [`Failure`] naming the first source that cannot be mined.
pub fn look(sources: &[SourceSettings]) -> Result<(), Failure> {
    for settings in sources {
        let source = hafs_sources::open(settings.clone())?;
        if let Err(error) = source.harvest(None, 1, &|| false) {
            let nothing =
                matches!(error, HarvestError::NothingToMine { .. } | HarvestError::NoCommits { .. });
            return Err(Failure::with_exit(if nothing { Exit::Empty } else { Exit::Failed }, &error));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hafs_runtime::config::SourceKind;

    #[test]
    fn a_path_is_a_repository_if_git_keeps_one_there_and_a_folder_otherwise() {
        let dir = tempfile::tempdir().expect("a folder");
        let (tree, plain) = (dir.path().join("My Project.git"), dir.path().join("docs"));
        std::fs::create_dir_all(tree.join(".git")).expect("made");
        std::fs::create_dir(&plain).expect("made");
        let source = at(&tree).expect("a source");
        assert_eq!(source.kind, SourceKind::Git);
        assert!(source.name.as_str().starts_with("my-project-"), "{}", source.name);
        assert_eq!(source.name, at(&tree.join(".")).expect("the same").name);
        assert_eq!(at(&plain).expect("a source").kind, SourceKind::Folder);
    }

    #[test]
    fn folders_of_one_name_are_different_sources() {
        let dir = tempfile::tempdir().expect("a folder");
        let [a, b] = ["a/docs", "b/docs"].map(|path| dir.path().join(path));
        for path in [&a, &b] {
            std::fs::create_dir_all(path).expect("made");
        }
        assert_ne!(at(&a).expect("a source").name, at(&b).expect("a source").name);
    }

    #[test]
    fn a_missing_path_and_a_file_are_refused_by_name() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("notes.md");
        std::fs::write(&file, "# Notes").expect("written");
        for path in [file, dir.path().join("absent")] {
            let failure = at(&path).expect_err("no source");
            assert_eq!(failure.exit, Exit::Usage);
            assert!(failure.to_string().contains(&path.display().to_string()), "{failure}");
        }
    }

    #[test]
    fn an_empty_folder_is_found_out_before_a_run_is_started() {
        let dir = tempfile::tempdir().expect("a folder");
        let source = at(dir.path()).expect("a source");
        let kind = hafs_sources::SourceKind::Folder { path: source.path.expect("a path") };
        let failure = look(&[SourceSettings::new(source.name, kind)]).expect_err("nothing to mine");
        assert_eq!(failure.exit, Exit::Empty);
    }
}
