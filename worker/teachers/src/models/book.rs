//! The table itself: compiled in from `models.toml`, and a person's own file over it.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use super::card::ModelCard;
use super::entry::Entry;
use crate::call::is_same_model;
use crate::config::TeacherKind;

/// Bytes of a file of models.
const FILE_BYTES: u64 = 1024 * 1024;

/// Steps from a model to the one that its weights come from.
const LONGEST_DESCENT: usize = 8;

/// Why a file of models cannot be used.
#[derive(Debug, Error)]
pub enum BookError {
    /// It could not be read.
    #[error("could not read the models file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is longer than any.
    #[error("the models file {} is longer than {FILE_BYTES} bytes; keep it to the models that you use", path.display())]
    Long {
        /// The file.
        path: PathBuf,
    },
    /// It is no table of models.
    #[error(
        "the models file {} is no table of models: {why}; each model is a table `[models.\"NAME\"]` with keys such as \
         `wire`, `context` and `price`",
        path.display()
    )]
    Form {
        /// The file.
        path: PathBuf,
        /// Where and why, over several lines.
        why: String,
    },
}

/// What is known of models.
#[derive(Debug, Clone)]
pub struct ModelBook {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    models: BTreeMap<String, Entry>,
}

impl ModelBook {
    /// The table that this program was built with.
    #[must_use]
    pub fn built_in() -> Self {
        // Proof: the text is compiled in, and a test parses it.
        let written: Written =
            toml::from_str(include_str!("../../models.toml")).expect("the table of models parses");
        Self { entries: written.models }
    }

    /// The table with what `file` says over it, key by key.
    ///
    /// # Errors
    /// [`BookError`] when the file cannot be read, or does not say it in the table's form.
    pub fn with(file: Option<&Path>) -> Result<Self, BookError> {
        let mut book = Self::built_in();
        let Some(path) = file else { return Ok(book) };
        let form = |error: toml::de::Error| BookError::Form { path: path.to_owned(), why: error.to_string() };
        let written: Written = toml::from_str(&text(path)?).map_err(form)?;
        for (name, entry) in written.models {
            let below = book.entries.remove(&name).unwrap_or_default();
            book.entries.insert(name, entry.over(&below));
        }
        Ok(book)
    }

    /// The card of a model that is reached by `kind`: that of its own name, else of the same model by another name of
    /// it (a version, a tag, a path), else one that is guessed.
    #[must_use]
    pub fn card(&self, model: &str, kind: TeacherKind) -> ModelCard {
        let entry = self.entry(model).cloned().map(|entry| self.with_family(entry));
        ModelCard::of(model, entry, kind)
    }

    fn entry(&self, model: &str) -> Option<&Entry> {
        let alike = || {
            let same = |(name, _): &(&String, &Entry)| {
                is_same_model(name, model, &[]) || is_same_model(model, name, &[])
            };
            self.entries.iter().find(same).map(|(_, entry)| entry)
        };
        self.entries.get(model).or_else(alike)
    }

    /// The entry, of the family of the model that it was trained from where its own is not said. A base that the table
    /// does not have, or that leads back, says none.
    fn with_family(&self, mut entry: Entry) -> Entry {
        let mut base = entry.base.clone();
        for _ in 0..LONGEST_DESCENT {
            let Some(below) = base.filter(|_| entry.family.is_none()).and_then(|base| self.entry(&base))
            else {
                break;
            };
            entry.family.clone_from(&below.family);
            base = below.base.clone();
        }
        entry
    }

    /// Every card, by name.
    #[must_use]
    pub fn cards(&self) -> Vec<ModelCard> {
        let card = |(name, entry): (&String, &Entry)| {
            let kind = entry.wire.unwrap_or(TeacherKind::OpenAi);
            ModelCard::of(name, Some(self.with_family(entry.clone())), kind)
        };
        self.entries.iter().map(card).collect()
    }
}

fn text(path: &Path) -> Result<String, BookError> {
    let read = |source| BookError::Read { path: path.to_owned(), source };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(read)?;
    file.take(FILE_BYTES + 1).read_to_string(&mut text).map_err(read)?;
    let whole = u64::try_from(text.len()).is_ok_and(|bytes| bytes <= FILE_BYTES);
    if whole { Ok(text) } else { Err(BookError::Long { path: path.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Purpose};
    use crate::models::Rank;

    #[test]
    fn a_fine_tune_is_of_the_family_of_its_base_and_a_circle_is_of_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("models.toml");
        let table = "[models.house-coder]\nbase = \"qwen2.5-coder:14b\"\n\
                     [models.\"house-coder-2\"]\nbase = \"house-coder\"\n\
                     [models.other]\nbase = \"another\"\n[models.another]\nbase = \"other\"\n";
        std::fs::write(&file, table).expect("writes");
        let book = ModelBook::with(Some(&file)).expect("a book");
        let family = |name: &str| {
            let card = book.card(name, TeacherKind::Ollama);
            (card.family, card.family_said)
        };
        assert_eq!(family("house-coder"), ("qwen".to_owned(), true));
        assert_eq!(family("house-coder-2"), ("qwen".to_owned(), true));
        assert_eq!(family("other"), ("other".to_owned(), false));
        assert_eq!(family("nobody-knows:7b"), ("nobody".to_owned(), false));
    }

    #[test]
    fn every_model_of_the_roadmap_and_of_the_catalogue_is_in_the_table() {
        let book = ModelBook::built_in();
        for (name, context) in [
            ("gemini-3-pro-preview", 1_000_000),
            ("gemini-3-flash-preview", 1_000_000),
            ("claude-opus-4-5-20251101", 200_000),
            ("gpt-5.2", 256_000),
            ("gpt-5.2-mini", 128_000),
        ] {
            let card = book.card(name, TeacherKind::OpenAi);
            assert!(card.known && card.context == Some(context), "{name}");
            assert_eq!(card.prices.pricing(), None, "{name}: a price that was not looked up is unknown");
        }
        for (name, vram) in [
            ("qwen2.5-coder:14b", 12),
            ("qwen2.5-coder:7b", 6),
            ("deepseek-coder-v2-lite", 8),
            ("deepseek-r1:8b", 8),
            ("qwen3:8b", 8),
            ("mistral:7b", 6),
            ("gemma3:4b", 4),
        ] {
            assert_eq!(book.card(name, TeacherKind::Ollama).vram_gb, Some(vram), "{name}");
        }
        for (name, rank) in [("embeddinggemma", Rank::Primary), ("nomic-embed-text", Rank::Fallback)] {
            let card = book.card(name, TeacherKind::Ollama);
            assert_eq!(
                (card.dimensions, card.rank, card.purpose),
                (Some(768), Some(rank), Some(Purpose::Embed))
            );
        }
        for model in Catalogue::built_in().models {
            let card = book.card(&model.name, TeacherKind::Embedded);
            assert_eq!((card.known, card.context), (true, Some(model.context)), "{}", model.name);
        }
    }

    #[test]
    fn a_model_is_found_by_another_of_its_names_and_its_siblings_are_not() {
        let book = ModelBook::built_in();
        for name in
            ["claude-opus-4-5", "openai/gpt-5.2", "nomic-embed-text:latest", "models/gemini-3-pro-preview"]
        {
            assert!(book.card(name, TeacherKind::OpenAi).known, "{name}");
        }
        for name in ["gpt-5.2-nano", "qwen2.5-coder", "gemma3:27b"] {
            assert!(!book.card(name, TeacherKind::OpenAi).known, "{name}");
        }
    }

    #[test]
    fn a_file_adds_models_and_corrects_them_key_by_key() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("models.toml");
        let text = r#"
            [models."gpt-5.2"]
            price = { input = 2, cached = 0.5, output = 16.25, looked_up = "2026-11-22" }
            [models."my-model"]
            wire = "openai"
            family = "mine"
        "#;
        std::fs::write(&path, text).expect("written");
        let book = ModelBook::with(Some(&path)).expect("a book");
        let card = book.card("gpt-5.2", TeacherKind::Responses);
        let pricing = card.prices.pricing().expect("a price");
        assert_eq!((pricing.cached_input.0, pricing.output.0), (500_000, 16_250_000));
        assert_eq!((card.context, card.priced_on.as_deref()), (Some(256_000), Some("2026-11-22")));
        assert_eq!(book.card("my-model", TeacherKind::OpenAi).family, "mine");

        for (text, word) in [
            ("[models.x]\ncontxt = 5", "contxt"),
            ("[models.x]\nprice = { input = 1, output = 2 }", "looked_up"),
            ("[models.x]\nwire = \"fax\"", "fax"),
        ] {
            std::fs::write(&path, text).expect("written");
            let error = ModelBook::with(Some(&path)).expect_err(word);
            assert!(error.to_string().contains(word) && error.to_string().contains("models.toml"), "{error}");
        }
        assert!(ModelBook::with(Some(&dir.path().join("none.toml"))).is_err());
    }
}
