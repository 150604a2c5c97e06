//! Which paths the configuration lets in.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::error::SourceError;
use crate::settings::SourceSettings;

/// The compiled `include` and `exclude` of a source. They decide alike for folders and repositories, and
/// `exclude` wins.
#[derive(Debug, Clone)]
pub(crate) struct Globs {
    include: Gitignore,
    exclude: Gitignore,
}

impl Globs {
    /// Compiles the globs.
    ///
    /// # Errors
    /// [`SourceError::BadGlob`] naming the first that does not parse.
    pub(crate) fn new(settings: &SourceSettings) -> Result<Self, SourceError> {
        let compile = |key, globs| compile(settings, key, globs);
        Ok(Self {
            include: compile("include", &settings.include)?,
            exclude: compile("exclude", &settings.exclude)?,
        })
    }

    /// Whether a file may be mined.
    pub(crate) fn admit(&self, path: &str) -> bool {
        let relative = path.trim_start_matches('/');
        let included =
            self.include.is_empty() || self.include.matched_path_or_any_parents(relative, false).is_ignore();
        included && !self.exclude.matched_path_or_any_parents(relative, false).is_ignore()
    }

    /// Whether a folder is excluded as a whole, so that it need not be walked.
    pub(crate) fn prunes(&self, folder: &Path) -> bool {
        self.exclude.matched(folder, true).is_ignore()
    }
}

fn compile(settings: &SourceSettings, key: &'static str, globs: &[String]) -> Result<Gitignore, SourceError> {
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    let bad = |glob: &str, source| SourceError::BadGlob {
        name: settings.name.clone(),
        key,
        glob: glob.to_owned(),
        source: Box::new(source),
    };
    for glob in globs {
        builder.add_line(None, glob).map_err(|error| bad(glob, error))?;
    }
    builder.build().map_err(|error| bad(&globs.join(", "), error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::SourceKind;

    fn globs(include: &[&str], exclude: &[&str]) -> Result<Globs, SourceError> {
        let name = "code".parse().expect("a name");
        let mut settings = SourceSettings::new(name, SourceKind::Folder { path: ".".into() });
        settings.include = include.iter().map(ToString::to_string).collect();
        settings.exclude = exclude.iter().map(ToString::to_string).collect();
        Globs::new(&settings)
    }

    #[test]
    fn exclude_wins_over_include_and_reaches_into_folders() {
        let globs = globs(&["*.md", "/src/"], &["**/build/**", "secret.md"]).expect("they parse");
        for (path, admitted) in [
            ("a.md", true),
            ("docs/a b.md", true),
            ("src/deep/x.rs", true),
            ("other/x.rs", false),
            ("src/build/x.rs", false),
            ("build/a.md", false),
            ("docs/secret.md", false),
            ("/a.md", true),
        ] {
            assert_eq!(globs.admit(path), admitted, "{path}");
        }
    }

    #[test]
    fn a_glob_that_does_not_parse_is_named() {
        let error = globs(&[], &["src/[a"]).expect_err("an open bracket");
        assert!(error.to_string().contains("`exclude` has the glob `src/[a`"), "{error}");
    }
}
