//! Where weights lie on this machine.

use std::path::{Component, Path, PathBuf};

use thiserror::Error;

use super::entry::{Catalogue, FileEntry, ModelEntry, Purpose};
use crate::probe::{Ability, Offer, OfferedModel};

/// Why there are no weights for a model.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum LocateError {
    /// It can be fetched, but was not.
    #[error("{model} is not in {dir}; fetch it with `hafs-factory model pull {model}`")]
    NotPulled {
        /// The model.
        model: String,
        /// The folder that was looked into.
        dir: String,
    },
    /// Nobody knows it.
    #[error(
        "`{model}` is neither in the catalogue ({known}) nor a file {model}.gguf in {dir}; pull one of the catalogue, \
         or put a GGUF file there"
    )]
    Unknown {
        /// The model.
        model: String,
        /// The folder that was looked into.
        dir: String,
        /// The names of the catalogue.
        known: String,
    },
}

/// The file (or, for an embedder, the folder) of a model: one of the catalogue, or `NAME.gguf` in the folder.
///
/// # Errors
/// [`LocateError`] with the way to get it. Contents are checked when they are fetched and loaded, not here.
pub fn locate(models_dir: &Path, model: &str) -> Result<PathBuf, LocateError> {
    let catalogue = Catalogue::built_in();
    let dir = models_dir.display().to_string();
    if let Some(entry) = catalogue.find(model) {
        let missing = || LocateError::NotPulled { model: model.to_owned(), dir };
        return in_place(models_dir, entry).ok_or_else(missing);
    }
    let own = models_dir.join(format!("{model}.gguf"));
    let plain = Path::new(model).components().all(|part| matches!(part, Component::Normal(_)));
    if plain && own.is_file() {
        return Ok(own);
    }
    Err(LocateError::Unknown { model: model.to_owned(), dir, known: catalogue.names() })
}

/// What the embedded engine could serve from a folder.
#[must_use]
pub fn installed(models_dir: &Path) -> Offer {
    let catalogue = Catalogue::built_in();
    let here = catalogue.models.iter().filter(|entry| in_place(models_dir, entry).is_some());
    Offer { version: None, models: here.map(offered).collect() }
}

fn offered(entry: &ModelEntry) -> OfferedModel {
    OfferedModel {
        name: entry.name.clone(),
        digest: entry.files.last().map(|file| file.sha256.clone()),
        bytes: Some(entry.bytes()),
        context: Some(entry.context),
        ability: match entry.purpose {
            Purpose::Chat => Ability::Chat,
            Purpose::Embed => Ability::Embed,
        },
        quantization: None,
        loaded: None,
    }
}

/// Where a file of the catalogue belongs.
pub(super) fn target(models_dir: &Path, file: &FileEntry) -> PathBuf {
    file.path.split('/').fold(models_dir.to_owned(), |path, part| path.join(part))
}

fn in_place(models_dir: &Path, entry: &ModelEntry) -> Option<PathBuf> {
    let whole = |file: &FileEntry| {
        std::fs::metadata(target(models_dir, file))
            .is_ok_and(|meta| meta.is_file() && meta.len() == file.bytes)
    };
    if !entry.files.iter().all(whole) {
        return None;
    }
    let first = target(models_dir, entry.files.first()?);
    match entry.purpose {
        Purpose::Chat => Some(first),
        Purpose::Embed => first.parent().map(Path::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_is_not_there_is_named_with_the_way_to_get_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let error = locate(dir.path(), "smollm2-135m-instruct").expect_err("not there");
        assert!(error.to_string().contains("model pull smollm2-135m-instruct"), "{error}");
        let error = locate(dir.path(), "llama-9").expect_err("unknown");
        assert!(error.to_string().contains("all-minilm-l6-v2"), "{error}");
        assert!(installed(dir.path()).models.is_empty());
    }

    #[test]
    fn a_file_of_ones_own_is_found_and_no_name_leaves_the_folder() {
        let dir = tempfile::tempdir().expect("a folder");
        let inner = dir.path().join("inner");
        std::fs::create_dir(&inner).expect("made");
        std::fs::write(dir.path().join("mine.gguf"), "x").expect("written");
        assert!(locate(dir.path(), "mine").is_ok());
        assert!(locate(&inner, "../mine").is_err());
    }
}
