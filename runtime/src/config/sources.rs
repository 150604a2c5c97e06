//! `[[sources]]`: what is mined.

use std::path::PathBuf;

use hafs_proto::{Domain, SourceName};
use serde_json::json;

use super::rules::{Rulebook, Rules};
use super::section::{Item, section};
use super::words::SourceKind;

section! {
    /// A place that seeds are mined from.
    Source = "sources", many = true {
        /// Its name; samples of different sources never share a split group.
        name: SourceName = null | "my-repo", Results;
        /// What it is: `git` (commits, TODO and FIXME notes), `folder` (Markdown, text and code), or `routines` (tasks
        /// to write 65816 assembly that is run against a reference; they come with the factory).
        kind: SourceKind = null | "git", Results;
        /// Where it is; a relative path starts from the folder of this file. Needed for `git` and `folder`.
        path: Option<PathBuf> = null | ".", Operation;
        /// Domain of all its samples. Not set: the language of each file.
        domain: Option<Domain> = null | "rust", Results;
        /// Globs of files to take. Empty: all.
        include: Vec<String> = [] | ["src/**", "docs/**/*.md"], Results;
        /// Globs of files to leave out.
        exclude: Vec<String> = [] | ["vendor/**"], Results;
        /// Commits looked at, newest first.
        max_commits: u32 = 10_000, Results, 1.0 to 10_000_000.0;
        /// Largest file, in KiB.
        max_file_kb: u32 = 1024, Results, 1.0 to 65_536.0;
        /// Largest diff of one commit, in KiB; 12 is about what a model with 8192 tokens of context can answer.
        max_diff_kb: u32 = 12, Results, 1.0 to 64.0;
        /// Whether TODO and FIXME notes become seeds.
        todo: bool = true, Results;
        /// Tasks of a source of kind `routines`. The first 27 are all different; more repeat them with other numbers,
        /// lengths and addresses.
        max_tasks: u32 = 200, Results, 1.0 to 50_000.0;
    }
}

impl Rules for Source {
    fn rules(&self, book: &mut Rulebook<'_>) {
        let kind = ("kind", json!(self.kind.to_string()));
        let is_somewhere = self.kind != SourceKind::Routines;
        book.demand(
            !is_somewhere || self.path.is_some(),
            kind.clone(),
            &["path"],
            ("needs `path`".to_owned(), "say where it is"),
        );
        book.demand(
            is_somewhere || self.path.is_none(),
            kind,
            &["path"],
            ("takes no `path`".to_owned(), "remove it: the routines come with the factory"),
        );
    }
}

impl Item for Source {
    fn label(&self) -> String {
        self.name.to_string()
    }
}
