//! `[[validators]]`: what checks samples beside the coordinator's own gates.

use std::path::PathBuf;

use hafs_proto::{CheckName, Domain, SourceName};
use serde_json::json;

use super::rules::{Rulebook, Rules};
use super::section::{Item, section};
use super::words::ValidatorKind;

section! {
    /// A compiler, an assembler or a program of your own that looks at samples before they are accepted.
    /// A worker with this section offers it when the program is there and the sandbox holds; a run started with it
    /// needs it: a sample that nobody could check is set aside unless `gates.allow_unchecked` says otherwise.
    Validator = "validators", many = true {
        /// Its name; workers that have it are found by it.
        name: CheckName = null | "cpp-compile", Results;
        /// What it does: `cpp` compiles with g++ or clang++, `ca65` and `asar` assemble 65816 code, `links` looks
        /// whether links that stay in the source lead to files and headings that are there, `program` asks a program of yours (a
        /// sample as JSON on standard input, an outcome as JSON on standard output).
        kind: ValidatorKind = null | "cpp", Results;
        /// Domains whose samples need it.
        domains: Vec<Domain> = null | ["cpp"], Results;
        /// Its program. Not set: found in /usr/bin or /usr/local/bin. Needed for `program`.
        program: Option<PathBuf> = null | "/usr/bin/g++", Operation;
        /// What a program of yours is told; for `ca65` and `asar`, options that your program is assembled with
        /// (`-DVERSION=1`).
        arguments: Vec<String> = [] | ["--strict"], Operation;
        /// Files and folders outside the system's own that it may read.
        view: Vec<PathBuf> = [] | ["~/sdk/include"], Operation;
        /// Sources of this file whose folders it may read. `cpp` compiles code that needs what stands around it in its
        /// own file there, with the options of the folder's `compile_commands.json` if it has one; `ca65` and `asar` assemble
        /// it in its own file, in the program that the file is a part of; `links` needs them; a `program` of yours is told the folder and the path.
        sources: Vec<SourceName> = [] | ["engine"], Operation;
        /// Whether it may run where files of the machine cannot be hidden from it, as on Windows. What a model writes
        /// can then ask it to read any of them.
        force: bool = false, Operation;
    }
}

impl Rules for Validator {
    fn rules(&self, book: &mut Rulebook<'_>) {
        let kind = ("kind", json!(self.kind.to_string()));
        book.demand(
            self.kind != ValidatorKind::Program || self.program.is_some(),
            kind.clone(),
            &["program"],
            ("needs `program`".to_owned(), "give the path of your program"),
        );
        book.demand(
            matches!(self.kind, ValidatorKind::Program | ValidatorKind::Ca65 | ValidatorKind::Asar)
                || self.arguments.is_empty(),
            kind,
            &["arguments"],
            (
                "takes no `arguments`".to_owned(),
                "only assemblers and a program of your own are told anything",
            ),
        );
        book.demand(
            self.kind != ValidatorKind::Links || !self.sources.is_empty(),
            ("kind", json!(self.kind.to_string())),
            &["sources"],
            ("needs `sources`".to_owned(), "name those whose files links lead to"),
        );
        book.demand(
            !self.domains.is_empty(),
            ("domains", json!([])),
            &[],
            ("must name at least one domain".to_owned(), "remove the whole section if it is not to be used"),
        );
    }
}

impl Item for Validator {
    fn label(&self) -> String {
        self.name.to_string()
    }
}
