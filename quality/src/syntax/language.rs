//! The languages that are understood, and how to recognise them.

/// A language with a grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// C++, and C by the same grammar.
    Cpp,
    /// Rust.
    Rust,
    /// Python 3.
    Python,
    /// Bash and POSIX shell.
    Bash,
    /// JSON, with comments.
    Json,
}

impl Language {
    /// Every language.
    pub const ALL: &'static [Self] = &[Self::Cpp, Self::Rust, Self::Python, Self::Bash, Self::Json];

    /// The word used as domain, fence tag and in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cpp => "cpp",
            Self::Rust => "rust",
            Self::Python => "python",
            Self::Bash => "bash",
            Self::Json => "json",
        }
    }

    /// The language of a file by its name's ending; a leading folder does not matter.
    #[must_use]
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit(['/', '\\']).next()?;
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "c" | "cc" | "cpp" | "cxx" | "h" | "hh" | "hpp" | "hxx" | "inl" | "ipp" | "tpp" => {
                Some(Self::Cpp)
            }
            "rs" => Some(Self::Rust),
            "py" | "pyi" => Some(Self::Python),
            "sh" | "bash" => Some(Self::Bash),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    /// The language of a fence's tag. Transcripts (`console`, `pycon`) and hunks (`diff`) are no code.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.to_ascii_lowercase().as_str() {
            "c" | "cc" | "cpp" | "c++" | "cxx" | "h" | "hpp" => Some(Self::Cpp),
            "rust" | "rs" => Some(Self::Rust),
            "python" | "py" | "python3" => Some(Self::Python),
            "bash" | "sh" | "shell" | "zsh" => Some(Self::Bash),
            "json" | "jsonc" | "json5" => Some(Self::Json),
            _ => None,
        }
    }

    /// The language that a domain is about.
    #[must_use]
    pub fn of_domain(domain: &str) -> Option<Self> {
        Self::of_tag(domain)
    }

    pub(super) fn grammar(self) -> tree_sitter::Language {
        match self {
            Self::Cpp => tree_sitter_cpp::LANGUAGE.into(),
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::Bash => tree_sitter_bash::LANGUAGE.into(),
            Self::Json => tree_sitter_json::LANGUAGE.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_by_path_tag_and_domain() {
        assert_eq!(Language::of_path("src/a.b/Main.CPP"), Some(Language::Cpp));
        assert_eq!(Language::of_path("Makefile"), None);
        assert_eq!(Language::of_tag("py"), Some(Language::Python));
        assert_eq!(Language::of_tag("diff"), None);
        for language in Language::ALL {
            assert_eq!(Language::of_domain(language.word()), Some(*language));
        }
        assert_eq!(Language::of_domain("docs"), None);
    }
}
