//! What is spoken of: a name in a family.

use std::fmt;

use thiserror::Error;

/// Bytes of a name.
const NAME_BYTES: usize = 256;

macro_rules! families {
    ($($(#[$doc:meta])* $variant:ident = $word:literal;)*) => {
        /// Where names are unique.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Family { $($(#[$doc])* $variant,)* }

        impl Family {
            /// Every family, in the order of the graph.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its word, as ids begin.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

families! {
    /// Labels and defines of assembly, with their sigils.
    Asm = "asm";
    /// Addresses of the 65816's memory: `$7E0010`, mirrors folded.
    Mem = "mem";
    /// Qualified names of C and C++.
    Cpp = "cpp";
    /// Qualified names of Rust.
    Rust = "rust";
    /// Qualified names of Python.
    Python = "py";
    /// Files by their path from the root that was read, with `/`.
    File = "file";
    /// Documents, issues, reviews.
    Document = "doc";
    /// Ideas that a domain has a word for.
    Concept = "concept";
    /// Projects.
    Project = "project";
}

/// An entity: `asm:Link_Main`, `mem:$7E0010`, `cpp:zelda3::Rom::Load`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityId {
    family: Family,
    name: Box<str>,
}

/// Why a text is no entity.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{text}` is no entity: expected a family (asm, mem, cpp, rust, py, file, doc, concept, project), a colon and a name \
     of 1 to 256 bytes without control characters"
)]
pub struct EntityError {
    text: String,
}

impl EntityId {
    /// The entity of this name.
    ///
    /// # Errors
    /// [`EntityError`] when the name is empty, too long or holds control characters.
    pub fn new(family: Family, name: &str) -> Result<Self, EntityError> {
        let fits = !name.is_empty() && name.len() <= NAME_BYTES && !name.chars().any(char::is_control);
        if fits {
            return Ok(Self { family, name: name.into() });
        }
        let text = format!("{}:{name}", family.word()).chars().take(80).collect();
        Err(EntityError { text })
    }

    /// Its family.
    #[must_use]
    pub const fn family(&self) -> Family {
        self.family
    }

    /// Its name in the family.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.family.word(), self.name)
    }
}

impl fmt::Debug for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for EntityId {
    type Err = EntityError;

    fn from_str(text: &str) -> Result<Self, EntityError> {
        let parts = text.split_once(':');
        let family = |word: &str| Family::ALL.iter().copied().find(|family| family.word() == word);
        match parts.and_then(|(word, name)| Some((family(word)?, name))) {
            Some((family, name)) => Self::new(family, name),
            None => Err(EntityError { text: text.chars().take(80).collect() }),
        }
    }
}

crate::id::text_form!(
    EntityId,
    "^(asm|mem|cpp|rust|py|file|doc|concept|project):[^\\u0000-\\u001f\\u007f-\\u009f]{1,256}$"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_is_a_family_and_a_name_and_its_text_is_read_again() {
        for text in ["asm:Link_Main.loop", "mem:$7E0010", "cpp:a::b", "doc:On birds: an essay"] {
            let id: EntityId = text.parse().expect("an entity");
            assert_eq!(id.to_string(), text);
        }
        let long = format!("asm:{}", "x".repeat(257));
        for text in ["asm:", "Link_Main", "soup:x", "asm:a\nb", "", &long] {
            assert!(text.parse::<EntityId>().is_err(), "{text:?}");
        }
    }
}
