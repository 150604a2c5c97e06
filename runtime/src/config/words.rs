//! Keys whose value is one of a few words, and names of providers, tiers and variables.

use std::fmt;

use hafs_proto::TeacherName;
use hafs_proto::people::ExportFormat;
use hafs_proto::run::Batching;
use serde_json::{Value as Json, json};

use super::mistake::closest;
use super::schema::Kind;
use super::value::{Rejection, SLUG, Setting, Surroundings, setting, text};
use crate::telemetry::LogFormat;

/// One of a few words.
pub(super) trait Word: Copy + 'static {
    /// All of them.
    const ALL: &'static [Self];

    /// As it is written.
    fn word(self) -> &'static str;
}

impl<T: Word> Setting for T {
    const KIND: Kind = Kind::Text;

    fn form() -> String {
        let words: Vec<_> = T::ALL.iter().map(|word| format!("`{}`", word.word())).collect();
        format!("one of {}", words.join(", "))
    }

    fn read(value: &Json, _: Surroundings<'_>) -> Result<Self, Rejection> {
        let written = value.as_str().ok_or(Rejection::Form)?;
        if let Some(word) = T::ALL.iter().find(|word| word.word() == written) {
            return Ok(*word);
        }
        match closest(written, T::ALL.iter().map(|word| word.word())) {
            Some(meant) => Err(Rejection::Because(format!("must be {}: perhaps `{meant}`", Self::form()))),
            None => Err(Rejection::Form),
        }
    }

    fn show(&self) -> Json {
        json!(self.word())
    }
}

impl Word for ExportFormat {
    const ALL: &'static [Self] = Self::ALL;

    fn word(self) -> &'static str {
        self.word()
    }
}

impl Word for Batching {
    const ALL: &'static [Self] = Self::ALL;

    fn word(self) -> &'static str {
        self.word()
    }
}

impl Word for LogFormat {
    const ALL: &'static [Self] = &[Self::Human, Self::Json];

    fn word(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
        }
    }
}

/// Declares an enum whose variants are words.
macro_rules! words {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident { $($(#[doc = $about:literal])+ $variant:ident = $word:literal,)+ }
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[doc = $about])+ $variant,)+ }

        impl Word for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    )+};
}

words! {
    /// Whether connections are encrypted.
    TlsMode {
        /// Plain on a loopback address, encrypted on any other.
        Auto = "auto",
        /// Always.
        On = "on",
        /// Never.
        Off = "off",
    }
    /// What happens to a chat model's special tokens inside a sample.
    SpecialTokens {
        /// The sample is rejected.
        Reject = "reject",
        /// They are written in a form that no tokenizer takes for a token.
        Escape = "escape",
    }
    /// How a provider is spoken to.
    ProviderKind {
        /// Ollama's own API.
        Ollama = "ollama",
        /// Any server with `/v1/chat/completions`.
        Openai = "openai",
        /// OpenAI's Responses, and servers with `/v1/responses`.
        OpenaiResponses = "openai-responses",
        /// Anthropic's Messages.
        Anthropic = "anthropic",
        /// Gemini's generateContent.
        Gemini = "gemini",
        /// The engine inside this program.
        Embedded = "embedded",
    }
    /// What a worker does when it starts, to see whether a teacher can be used.
    Preflight {
        /// Asks its provider what models it has, and the teacher one small question.
        Call = "call",
        /// Only asks its provider what models it has.
        List = "list",
        /// Believes the configuration.
        Off = "off",
    }
    /// How much a model thinks before it answers.
    ThinkingLevel {
        /// Not at all, or as little as it can.
        Off = "off",
        /// As it likes.
        On = "on",
        /// A little.
        Low = "low",
        /// Some.
        Medium = "medium",
        /// A lot.
        High = "high",
    }
    /// What a model may be asked for.
    ModelRole {
        /// Samples.
        Generate = "generate",
        /// Opinions about samples.
        Judge = "judge",
        /// Embeddings.
        Embed = "embed",
    }
    /// What a source is.
    SourceKind {
        /// A git repository: commits, TODO and FIXME notes.
        Git = "git",
        /// A folder of Markdown, text and code.
        Folder = "folder",
        /// Routines to be written in 65816 assembly, each with a reference that what is written is run against.
        Routines = "routines",
    }
    /// What a validator does.
    ValidatorKind {
        /// Compiles C++.
        Cpp = "cpp",
        /// Assembles with ca65.
        Ca65 = "ca65",
        /// Assembles with asar.
        Asar = "asar",
        /// Looks for what links lead to.
        Links = "links",
        /// Asks a program of one's own.
        Program = "program",
    }
}

/// Declares a name with the characters of proto's names.
macro_rules! slug {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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

        setting! {
            $name: Text, SLUG, |value| slug(text(value)?).map($name), |name| name.as_str();
        }
    )+};
}

slug! {
    /// The name of a configured provider: the first half of its teachers' names.
    ProviderName;
    /// What a model is good for: `coding`, `fast`, `reasoning`, `general` or a word of your own.
    Tier;
}

fn slug(text: &str) -> Option<Box<str>> {
    // The first half of a teacher's name has these characters.
    TeacherName::new(text, "x").is_ok_and(|name| name.provider() == text).then(|| text.into())
}

/// A model as its provider calls it: the second half of its teacher's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ModelName(Box<str>);

/// The name of an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvName(Box<str>);

/// A provider or one of its models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TeacherRef {
    /// Its first model that fits.
    Provider(ProviderName),
    /// This model.
    Teacher(TeacherName),
}

impl ModelName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl EnvName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TeacherRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Provider(name) => name.fmt(f),
            Self::Teacher(name) => name.fmt(f),
        }
    }
}

setting! {
    ModelName: Text, "1 to 128 letters, digits and -_.:/@+", |value| model(text(value)?), |name| name.as_str();
    TeacherRef: Text, "the name of a provider, or `provider/model`", |value| reference(text(value)?), |name| name.to_string();
}

fn model(text: &str) -> Option<ModelName> {
    TeacherName::new("x", text).is_ok().then(|| ModelName(text.into()))
}

fn reference(text: &str) -> Option<TeacherRef> {
    if text.contains('/') {
        text.parse().ok().map(TeacherRef::Teacher)
    } else {
        slug(text).map(|name| TeacherRef::Provider(ProviderName(name)))
    }
}

impl Setting for EnvName {
    const KIND: Kind = Kind::Text;

    fn form() -> String {
        "the name of a variable: A-Z, 0-9 and `_`, not the key itself".to_owned()
    }

    /// What is no name of a variable may be the key itself, so it is not shown.
    fn read(value: &Json, _: Surroundings<'_>) -> Result<Self, Rejection> {
        let name = text(value).ok_or(Rejection::Hidden)?;
        let plain = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if plain { Ok(Self(name.into())) } else { Err(Rejection::Hidden) }
    }

    fn show(&self) -> Json {
        json!(self.as_str())
    }
}
