//! Names that people give: domains, sources, generators, checks, teachers. Lower-case slugs, so that a name
//! can stand in a metric label, a route or a log line without escaping. Names never become file paths.

use std::fmt;

use thiserror::Error;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{text}` is not a {what}: expected {expected}")]
pub struct NameError {
    /// What was expected to be named.
    pub what: &'static str,
    /// The form that a name takes.
    pub expected: &'static str,
    /// The offending text, clipped.
    pub text: String,
}

const SLUG: &str = "1 to 64 of a-z, 0-9, `-`, `_`, `.` and beginning with a letter or digit";

fn slug(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
}

fn model(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 128
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/@+".contains(&b))
        && !text.starts_with('/')
}

macro_rules! name {
    ($($(#[$doc:meta])* $name:ident, $what:literal, $expected:expr, $check:expr, $pattern:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let fits: fn(&str) -> bool = $check;
                if fits(text) {
                    Ok(Self(text.into()))
                } else {
                    let text = text.chars().take(80).collect();
                    Err(NameError { what: $what, expected: $expected, text })
                }
            }
        }

        crate::id::text_form!($name, $pattern);
    )*};
}

name! {
    /// What a sample is about: `rust`, `cpp`, `docs`, `asm`...
    Domain, "domain", SLUG, slug, "^[a-z0-9][a-z0-9._-]{0,63}$";
    /// A configured source on a worker.
    SourceName, "source name", SLUG, slug, "^[a-z0-9][a-z0-9._-]{0,63}$";
    /// What turns a seed into a prompt and a reply into candidates.
    GeneratorName, "generator name", SLUG, slug, "^[a-z0-9][a-z0-9._-]{0,63}$";
    /// A knowledge graph.
    GraphName, "graph name", SLUG, slug, "^[a-z0-9][a-z0-9._-]{0,63}$";
    /// A deterministic test of a sample.
    CheckName, "check name", SLUG, slug, "^[a-z0-9][a-z0-9._-]{0,63}$";
    /// What people mark samples with.
    Tag, "tag", SLUG, slug, "^[a-z0-9][a-z0-9._-]{0,63}$";
    /// A model behind a provider: `ollama/qwen2.5-coder:14b`, `embedded/smollm2-135m-instruct`.
    TeacherName, "teacher name", "`provider/model`, the provider a slug, the model of letters, digits and -_.:/@+",
        |text| text.split_once('/').is_some_and(|(p, m)| slug(p) && model(m)), "^[a-z0-9][a-z0-9._-]{0,63}/[A-Za-z0-9._:@+/-]{1,128}$";
}

impl TeacherName {
    /// A teacher from its two halves.
    ///
    /// # Errors
    /// [`NameError`] when either half has a character that names may not have.
    pub fn new(provider: &str, model: &str) -> Result<Self, NameError> {
        format!("{provider}/{model}").parse()
    }

    /// The provider: the text before the first `/`.
    #[must_use]
    pub fn provider(&self) -> &str {
        self.0.split_once('/').map_or("", |(provider, _)| provider)
    }

    /// The model, as its provider calls it.
    #[must_use]
    pub fn model(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, model)| model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_slugs_and_teachers_have_two_halves() {
        assert!("rust".parse::<Domain>().is_ok());
        for bad in ["", "Rust", "../etc", "a b", ".hidden", "a/b", &"x".repeat(65)] {
            assert!(bad.parse::<Domain>().is_err(), "{bad}");
        }
        let teacher: TeacherName = "ollama/library/qwen2.5-coder:14b".parse().expect("a teacher");
        assert_eq!((teacher.provider(), teacher.model()), ("ollama", "library/qwen2.5-coder:14b"));
        for bad in ["ollama", "ollama/", "/x", "ollama/a b", "ollama//x"] {
            assert!(bad.parse::<TeacherName>().is_err(), "{bad}");
        }
    }
}
