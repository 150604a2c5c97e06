//! All prompt templates: the built-in ones, and those of a person's folder in their place.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hafs_proto::sample::TemplateRef;
use hafs_proto::{ContentHash, GeneratorName};
use minijinja::{Value, context};

use super::error::PromptError;
use super::frame::{Nonce, frame};
use super::paraphrase::Paraphrase;
use super::plan::Plan;
use super::rubric::Rubric;
use super::template::Template;

/// What is built in.
const BUILT_IN: &[(&str, &str)] = &[
    ("explain-change", include_str!("../../prompts/explain-change.j2")),
    ("write-change", include_str!("../../prompts/write-change.j2")),
    ("doc-qa", include_str!("../../prompts/doc-qa.j2")),
    ("explain-code", include_str!("../../prompts/explain-code.j2")),
    ("complete-code", include_str!("../../prompts/complete-code.j2")),
    ("write-code", include_str!("../../prompts/write-code.j2")),
    ("find-bug", include_str!("../../prompts/find-bug.j2")),
    ("write-routine", include_str!("../../prompts/write-routine.j2")),
    ("optimise-code", include_str!("../../prompts/optimise-code.j2")),
    ("hook-code", include_str!("../../prompts/hook-code.j2")),
    (Paraphrase::NAME, include_str!("../../prompts/paraphrase.j2")),
    (Rubric::NAME, include_str!("../../prompts/judge.j2")),
];

/// Bytes of an override that are read; a prompt is short, because small models read slowly.
const LONGEST: u64 = 64 * 1024;

/// One prompt.
#[derive(Debug)]
pub struct Prompt {
    template: Template,
    reference: TemplateRef,
}

/// All prompts by name.
#[derive(Debug)]
pub struct Prompts(BTreeMap<String, Prompt>);

impl Prompts {
    /// The built-in prompts, each replaced by the file of its name (`doc-qa.j2`) in `overrides` if there is one.
    ///
    /// # Errors
    /// [`PromptError`], with file and line, for an override that cannot be used.
    pub fn load(overrides: Option<&Path>) -> Result<Self, PromptError> {
        if let Some(folder) = overrides {
            refuse_strangers(folder)?;
        }
        let mut prompts = BTreeMap::new();
        for (name, built_in) in BUILT_IN {
            let own = overrides.map(|folder| read_override(folder, name)).transpose()?.flatten();
            let prompt = match own {
                Some((file, text)) => Prompt::read(name, &file, &text)?,
                None => Prompt::read(name, &format!("{name}.j2 (built in)"), built_in)?,
            };
            prompts.insert((*name).to_owned(), prompt);
        }
        Ok(Self(prompts))
    }

    /// The prompt of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Prompt> {
        self.0.get(name)
    }
}

impl Prompt {
    fn read(name: &str, file: &str, text: &str) -> Result<Self, PromptError> {
        let (constants, example) = examples(name);
        let template = Template::read(file, text, constants, &example)?;
        // Proof: the names are those of `BUILT_IN`, and a test reads them all.
        let name: GeneratorName = name.parse().expect("a built-in name is a name");
        let reference = TemplateRef { name, version: template.version, hash: ContentHash::of_parts([text]) };
        let prompt = Self { template, reference };
        prompt.must_show(file, &example)?;
        Ok(prompt)
    }

    /// An override that forgets the material would make the teacher invent everything.
    fn must_show(&self, file: &str, example: &Value) -> Result<(), PromptError> {
        let text = self.user(example)?;
        if text.contains(EXAMPLE) {
            return Ok(());
        }
        let what = "the part `[user]` shows the teacher nothing; it must hold `{{ material }}`, in judge.j2 \
                    `{{ source }}`, `{{ instruction }}`, `{{ input }}` and `{{ output }}`";
        Err(PromptError::Bad { file: file.to_owned(), line: 1, what: what.to_owned() })
    }

    /// The constant part: the same bytes for every call.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.template.system
    }

    /// The part of one call.
    ///
    /// # Errors
    /// [`PromptError::Bad`] when the template does something with these values that it did not do with the example.
    pub fn user(&self, variables: &Value) -> Result<String, PromptError> {
        self.template.user(variables)
    }

    /// What is stored with a sample: name, version and hash of the text.
    #[must_use]
    pub const fn reference(&self) -> &TemplateRef {
        &self.reference
    }
}

impl Plan {
    /// What the prompt of a plan is rendered with.
    #[must_use]
    pub fn variables(&self, nonce: &Nonce, hints: &str) -> Value {
        context! {
            material => frame(nonce, "material", &self.material),
            question => self.question.as_str(),
            hints => hints,
        }
    }
}

/// A text that no template holds by itself.
const EXAMPLE: &str = "=== example ===";

fn examples(name: &str) -> (Value, Value) {
    if name == Rubric::NAME {
        let example = context! {
            source => EXAMPLE, instruction => EXAMPLE, input => EXAMPLE, output => EXAMPLE,
        };
        (Rubric::constants(), example)
    } else {
        (context! {}, context! { material => EXAMPLE, question => "?", hints => "hint" })
    }
}

fn read_override(folder: &Path, name: &str) -> Result<Option<(String, String)>, PromptError> {
    let path = folder.join(format!("{name}.j2"));
    let unreadable = |source| PromptError::Read { path: path.clone(), source };
    let length = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    if length > LONGEST {
        let what = format!("{length} bytes are over the limit of {LONGEST}; small models read slowly");
        return Err(PromptError::Bad { file: path.display().to_string(), line: 1, what });
    }
    let text = fs::read_to_string(&path).map_err(unreadable)?;
    Ok(Some((path.display().to_string(), text)))
}

/// A misspelt override would silently do nothing.
fn refuse_strangers(folder: &Path) -> Result<(), PromptError> {
    let unreadable = |source| PromptError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let is_template = path.extension().is_some_and(|extension| extension == "j2");
        if is_template && !BUILT_IN.iter().any(|(name, _)| *name == stem) {
            let known: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
            return Err(PromptError::Stranger { path, known: known.join(", ") });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::Generator;

    #[test]
    fn every_generator_has_a_prompt_that_is_short_and_names_the_keys_of_the_reply() {
        let prompts = Prompts::load(None).expect("the built-in prompts are right");
        for generator in Generator::ALL {
            let prompt = prompts.get(generator.name).expect(generator.name);
            for field in generator.fields {
                assert!(prompt.system().contains(&format!("\"{field}\"")), "{} {field}", generator.name);
            }
        }
        for (name, prompt) in &prompts.0 {
            assert!(prompt.system().len() < 1_500, "{name}: {} bytes", prompt.system().len());
            assert!(!prompt.system().contains(EXAMPLE));
        }
    }

    #[test]
    fn an_override_replaces_the_built_in_prompt_and_changes_version_and_hash() {
        let dir = tempfile::tempdir().expect("a folder");
        let text = "---\nversion = 7\n---\n[system]\nMine. {\"question\": \"\", \"answer\": \"\"}\n[user]\n{{ material }}";
        fs::write(dir.path().join("doc-qa.j2"), text).expect("writes");
        let (own, plain) =
            (Prompts::load(Some(dir.path())).expect("loads"), Prompts::load(None).expect("loads"));
        let (own, plain) = (own.get("doc-qa").expect("is there"), plain.get("doc-qa").expect("is there"));
        assert_eq!((own.reference().version, plain.reference().version), (7, 1));
        assert_ne!(own.reference().hash, plain.reference().hash);
    }

    #[test]
    fn an_override_that_is_wrong_misspelt_or_shows_nothing_is_an_error_that_names_the_file() {
        for (name, text) in [
            ("doc-qa.j2", "---\nversion = 7\n---\n[system]\na\n[user]\n{{ materiel }}"),
            ("doc-qa.j2", "---\nversion = 7\n---\n[system]\na\n[user]\nno material"),
            ("doc-q.j2", "---\nversion = 7\n---\n[system]\na\n[user]\n{{ material }}"),
        ] {
            let dir = tempfile::tempdir().expect("a folder");
            fs::write(dir.path().join(name), text).expect("writes");
            let error = Prompts::load(Some(dir.path())).expect_err(text).to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
