//! asar, where a person has installed it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hafs_asm65816::syntax::Dialect;
use hafs_sandbox::{Job, Step, Tool, Wanted};

use super::errors::{first_of_each_line, is_of_elsewhere, lines_of};
use super::{Backend, Complaint, ErrorClass};
use crate::bait::{Bait, input};

const INPUT: &str = "in.asm";
const OUTPUT: &str = "out.sfc";

/// asar follows no widths: what an operand says is what it is.
const HEADS: &[&str] = &["lorom\norg $008000\n"];

/// Source: the attack list of the project's threat model, 134.
const BAITS: &[Bait] = &[
    Bait { what: "incbin", input: "lorom\norg $008000\nincbin \"PATH\"\n" },
    Bait { what: "incsrc", input: "lorom\norg $008000\nincsrc \"PATH\"\n" },
    Bait {
        what: "readfile",
        input: "lorom\norg $008000\nprint hex(readfile4(\"PATH\", 0))\ndl readfile3(\"PATH\", 0)\n",
    },
];

/// Source: the messages of asar 1.8 and 1.9.
const CLASSES: &[(&str, ErrorClass)] = &[
    ("ank border", ErrorClass::Space),
    ("warnpc", ErrorClass::Space),
    ("ssertion failed", ErrorClass::Space),
    ("reespace", ErrorClass::Space),
    ("ould not open", ErrorClass::Outside),
    ("ailed to open", ErrorClass::Outside),
    ("File", ErrorClass::Outside),
    ("Function '", ErrorClass::Outside),
    ("Macro label outside", ErrorClass::Outside),
    ("acro", ErrorClass::Macro),
    ("truct", ErrorClass::Outside),
    ("efine", ErrorClass::Outside),
    ("abel", ErrorClass::Label),
    ("Unknown command", ErrorClass::Instruction),
    ("ddressing", ErrorClass::Addressing),
    ("out of bounds", ErrorClass::Range),
    ("too big", ErrorClass::Range),
    ("too large", ErrorClass::Range),
    ("elative branch", ErrorClass::Range),
    ("endif", ErrorClass::Directive),
    ("arenthes", ErrorClass::Syntax),
    ("roken", ErrorClass::Syntax),
    ("nvalid", ErrorClass::Syntax),
];

/// The assembler.
#[derive(Debug)]
pub(crate) struct Asar {
    tool: Tool,
}

impl Asar {
    /// This assembler.
    #[must_use]
    pub const fn new(tool: Tool) -> Self {
        Self { tool }
    }
}

impl Backend for Asar {
    fn tool(&self) -> &Tool {
        &self.tool
    }

    fn dialect(&self) -> Dialect {
        Dialect::Asar
    }

    fn job(&self, source: Vec<u8>) -> Job {
        let told = ["--no-title-check", "--fix-checksum=off", INPUT, OUTPUT];
        let mut job = Job::new(Step::new(&self.tool.path, &told));
        job.files.push(input(INPUT, source));
        job.wanted = Wanted::File(OUTPUT);
        job.view.push(self.tool.path.clone());
        job
    }

    fn mark(&self, text: &str) -> String {
        format!("print \"{text}\"")
    }

    /// The program makes an image of its own: the cartridge that it may be meant for is not here.
    fn program_job(&self, main: &Path, dirs: &[PathBuf], options: &[String]) -> Option<Job> {
        let told = ["--no-title-check", "--fix-checksum=off"].map(str::to_owned);
        let dirs = dirs.iter().map(|dir| Some(format!("-I{}", dir.to_str()?))).collect::<Option<Vec<_>>>()?;
        let files = [main.to_str()?, OUTPUT].map(str::to_owned);
        let all = told.into_iter().chain(dirs).chain(options.iter().cloned()).chain(files);
        let mut job = Job::new(Step { arguments: all.collect(), ..Step::new(&self.tool.path, &[]) });
        job.view.push(self.tool.path.clone());
        Some(job)
    }

    fn heads(&self) -> &'static [&'static str] {
        HEADS
    }

    /// Labels, defines (`!name`) and members of structs (`struct.member`).
    fn define(&self, names: &[(String, u32)]) -> String {
        let mut structs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut lines = String::new();
        for (name, value) in names {
            match name.split_once('.') {
                Some((own, member)) => structs.entry(own).or_default().push(member),
                None if name.starts_with('!') => lines += &format!("{name} = ${value:02x}\n"),
                None => lines += &format!("{name} = ${value:06x}\n"),
            }
        }
        for (name, members) in structs {
            let members: String = members.iter().map(|member| format!(".{member}: skip 2\n")).collect();
            lines += &format!("struct {name} $000010\n{members}endstruct\n");
        }
        lines
    }

    fn complaints(&self, said: &str, file: &Path) -> Vec<Complaint> {
        first_of_each_line(said.lines().filter_map(|line| complaint(line, file)).collect())
    }

    fn input(&self) -> &'static str {
        INPUT
    }

    /// The image is as large as a cartridge; the code stands at its beginning.
    fn made(&self, file: &[u8], bytes: &[u8]) -> bool {
        file.starts_with(bytes)
    }

    fn baits(&self) -> &'static [Bait] {
        BAITS
    }
}

/// `in.asm:4: error: (E5037): Unknown command. [mov a,#$12]`, and `in.asm:4 (called from in.asm:2): error: ...`.
fn complaint(line: &str, file: &Path) -> Option<Complaint> {
    let (place, rest) = line.split_once(": error: ")?;
    let code = rest.strip_prefix('(').and_then(|rest| rest.split_once("): "));
    let message = code.map_or(rest, |(_, message)| message).trim();
    let is_lacking = message.contains("found") && (message.contains("abel") || message.starts_with("Define"));
    let name = message.split(['\'', '"', '`']).nth(1).filter(|_| is_lacking);
    let sigil = if message.starts_with("Define") { "!" } else { "" };
    let is_foreign = name.is_some_and(|name| is_of_elsewhere(name) && !is_definable(name));
    Some(Complaint {
        class: if is_foreign { ErrorClass::Outside } else { ErrorClass::of(message, CLASSES) },
        lines: lines_of(place.split(" (called from "), file),
        message: message.to_owned(),
        undefined: name.filter(|name| is_definable(name)).map(|name| format!("{sigil}{name}")),
    })
}

/// A name, or the member of a struct; defines may begin with a digit.
fn is_definable(name: &str) -> bool {
    let mut parts = name.split('.');
    name.len() <= 128
        && parts.clone().count() <= 2
        && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_are_read_with_their_class() {
        let found = complaint("in.asm:4: error: (E5037): Unknown command. [mov a,#$12]", Path::new(INPUT))
            .expect("a complaint");
        assert_eq!((found.class, found.line()), (ErrorClass::Instruction, 4));
        let found =
            complaint("in.asm:9: error: (E5060): Label 'Other' wasn't found. [jsr Other]", Path::new(INPUT))
                .expect("one");
        assert_eq!((found.class, found.undefined.as_deref()), (ErrorClass::Label, Some("Other")));
        let found = complaint(
            "in.asm:9 (called from in.asm:2): error: (E1): Define '14C8' wasn't found.",
            Path::new(INPUT),
        );
        let found = found.expect("one of a macro");
        assert_eq!((found.line(), found.undefined.as_deref()), (9, Some("!14C8")));
        assert_eq!(complaint("in.asm:9: warning: (W1001): something", Path::new(INPUT)), None);
    }
}
