//! Languages by the name of a file.

/// How a language writes comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comments {
    /// `//` and `/* */`.
    Slashes,
    /// `#`.
    Hash,
    /// `--`.
    Dashes,
    /// `;`.
    Semicolon,
    /// None that the miners read.
    None,
}

/// One row of the table: name, endings or whole names, comments. A whole name begins with a capital or has no
/// dot before it in the file's name.
type Row = (&'static str, &'static [&'static str], Comments);

const LANGUAGES: &[Row] = &[
    ("rust", &["rs"], Comments::Slashes),
    (
        "cpp",
        &["cc", "cpp", "cxx", "c++", "hh", "hpp", "hxx", "h", "ipp", "inl", "cu", "cuh"],
        Comments::Slashes,
    ),
    ("c", &["c"], Comments::Slashes),
    ("python", &["py", "pyi", "pyw"], Comments::Hash),
    ("bash", &["sh", "bash", "zsh", "ksh"], Comments::Hash),
    ("javascript", &["js", "mjs", "cjs", "jsx"], Comments::Slashes),
    ("typescript", &["ts", "tsx", "mts", "cts"], Comments::Slashes),
    ("go", &["go"], Comments::Slashes),
    ("java", &["java"], Comments::Slashes),
    ("kotlin", &["kt", "kts"], Comments::Slashes),
    ("swift", &["swift"], Comments::Slashes),
    ("csharp", &["cs"], Comments::Slashes),
    ("scala", &["scala", "sbt"], Comments::Slashes),
    ("dart", &["dart"], Comments::Slashes),
    ("zig", &["zig"], Comments::Slashes),
    ("php", &["php"], Comments::Slashes),
    ("objc", &["m", "mm"], Comments::Slashes),
    ("glsl", &["glsl", "vert", "frag", "wgsl", "hlsl", "metal"], Comments::Slashes),
    ("proto", &["proto"], Comments::Slashes),
    ("css", &["css", "scss", "less"], Comments::Slashes),
    ("ruby", &["rb", "rake", "gemspec"], Comments::Hash),
    ("perl", &["pl", "pm"], Comments::Hash),
    ("elixir", &["ex", "exs"], Comments::Hash),
    ("r", &["r"], Comments::Hash),
    ("julia", &["jl"], Comments::Hash),
    ("nix", &["nix"], Comments::Hash),
    ("make", &["mk", "makefile", "gnumakefile"], Comments::Hash),
    ("cmake", &["cmake", "cmakelists.txt"], Comments::Hash),
    ("docker", &["dockerfile"], Comments::Hash),
    ("toml", &["toml"], Comments::Hash),
    ("yaml", &["yml", "yaml"], Comments::Hash),
    ("lua", &["lua"], Comments::Dashes),
    ("sql", &["sql"], Comments::Dashes),
    ("haskell", &["hs"], Comments::Dashes),
    ("asm", &["asm", "s", "inc", "65s"], Comments::Semicolon),
    ("lisp", &["lisp", "el", "scm", "clj", "rkt"], Comments::Semicolon),
    ("markdown", &["md", "markdown", "mdx", "mkd"], Comments::None),
    ("text", &["txt", "rst", "adoc", "asciidoc", "org", "text", "readme"], Comments::None),
    ("json", &["json", "jsonc", "json5"], Comments::None),
    ("html", &["html", "htm", "vue", "svelte"], Comments::None),
    ("xml", &["xml"], Comments::None),
    ("ocaml", &["ml", "mli"], Comments::None),
];

fn row(path: &str) -> Option<&'static Row> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let by_name = LANGUAGES.iter().find(|(_, names, _)| names.contains(&name.as_str()));
    by_name.or_else(|| LANGUAGES.iter().find(|(_, names, _)| !ending.is_empty() && names.contains(&ending)))
}

/// The language of a file by its name, if the table has it.
pub(crate) fn of(path: &str) -> Option<&'static str> {
    row(path).map(|(language, _, _)| *language)
}

/// How the language of a file writes comments.
pub(crate) fn comments(path: &str) -> Comments {
    row(path).map_or(Comments::None, |(_, _, comments)| *comments)
}

/// Whether a language is prose for people.
pub(crate) fn is_prose(language: &str) -> bool {
    matches!(language, "markdown" | "text")
}

/// The domain of a language: itself, and `docs` for prose.
pub(crate) fn domain(language: &'static str) -> &'static str {
    if is_prose(language) { "docs" } else { language }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_names_a_domain() {
        for (language, _, _) in LANGUAGES {
            assert!(domain(language).parse::<hafs_proto::Domain>().is_ok(), "{language}");
        }
    }

    #[test]
    fn languages_are_told_by_ending_or_by_whole_name() {
        for (path, language) in [
            ("src/main.rs", Some("rust")),
            ("a/Makefile", Some("make")),
            ("a/CMakeLists.txt", Some("cmake")),
            ("notes.TXT", Some("text")),
            ("README", Some("text")),
            ("docs/README.md", Some("markdown")),
            ("photo.png", None),
            ("rs", Some("rust")),
            ("LICENSE", None),
        ] {
            assert_eq!(of(path), language, "{path}");
        }
    }
}
