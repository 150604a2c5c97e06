//! The list itself, compiled in from `catalogue.toml`.

use serde::Deserialize;

/// All models that can be fetched.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// The models, best first for each purpose.
    #[serde(rename = "model")]
    pub models: Vec<ModelEntry>,
}

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Answering prompts.
    Chat,
    /// Turning texts into vectors.
    Embed,
}

/// One model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Its name: `embedded/NAME` is the teacher.
    pub name: String,
    /// The architecture, as GGUF names it.
    pub architecture: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Parameters, for people.
    pub parameters: String,
    /// SPDX expression of the weights' licence.
    pub licence: String,
    /// Longest context in tokens.
    pub context: u32,
    /// One line for people.
    pub summary: String,
    /// Its files.
    #[serde(rename = "file")]
    pub files: Vec<FileEntry>,
}

/// One file of a model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Where it goes below the models folder, with `/` between parts.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, 64 lower-case hex digits.
    pub sha256: String,
    /// The model hub's copy.
    pub hub: HubFile,
    /// The packages that carry the same bytes.
    pub packages: PackagedFile,
}

/// A file of a repository of the model hub.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HubFile {
    /// `owner/name`.
    pub repo: String,
    /// Path in the repository.
    pub file: String,
}

/// A file inside packages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackagedFile {
    /// Requirements in order; `{1..6}` stands for each number in turn.
    names: Vec<String>,
    /// The member of each package whose bytes are taken.
    pub member: String,
}

impl Catalogue {
    /// The list that this program was built with.
    #[must_use]
    pub fn built_in() -> Self {
        // Proof: the text is compiled in, and a test parses it.
        toml::from_str(include_str!("../../catalogue.toml")).expect("the built-in catalogue parses")
    }

    /// The model of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&ModelEntry> {
        self.models.iter().find(|model| model.name == name)
    }

    /// All names, for messages.
    #[must_use]
    pub fn names(&self) -> String {
        self.models.iter().map(|model| model.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl ModelEntry {
    /// Bytes of all its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

impl PackagedFile {
    /// The requirements, each `name==version`, in the order in which their members make the file.
    #[must_use]
    pub fn requirements(&self) -> Vec<String> {
        self.names.iter().flat_map(|name| expand(name)).collect()
    }
}

fn expand(name: &str) -> Vec<String> {
    let range = || {
        let (head, rest) = name.split_once('{')?;
        let (range, tail) = rest.split_once('}')?;
        let (first, last) = range.split_once("..")?;
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        Some((first..=last).map(|number| format!("{head}{number}{tail}")).collect())
    };
    range().unwrap_or_else(|| vec![name.to_owned()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_whole_and_its_paths_stay_in_the_models_folder() {
        let catalogue = Catalogue::built_in();
        assert_eq!(catalogue.models.len(), 4);
        for model in &catalogue.models {
            assert!(crate::is_same_model(&model.name, &model.name, &[]));
            assert!(hafs_proto::TeacherName::new("embedded", &model.name).is_ok());
            for file in &model.files {
                assert!(file.sha256.len() == 64 && file.sha256.bytes().all(|b| b.is_ascii_hexdigit()));
                assert!(file.bytes > 0 && !file.path.starts_with('/') && !file.path.contains(".."));
                assert!(file.packages.requirements().iter().all(|name| name.contains("==")), "pinned");
            }
        }
    }

    #[test]
    fn a_range_of_packages_is_in_the_order_of_its_numbers() {
        assert_eq!(expand("p{9..11}==1"), ["p9==1", "p10==1", "p11==1"]);
        assert_eq!(expand("p==1"), ["p==1"]);
    }
}
