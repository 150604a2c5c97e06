//! ca65 of cc65, with its linker.

use std::path::{Path, PathBuf};

use hafs_asm65816::syntax::Dialect;
use hafs_sandbox::{Job, Step, Tool, Wanted};

use super::errors::{first_of_each_line, is_name, is_of_elsewhere, lines_of};
use super::{Backend, Complaint, ErrorClass};
use crate::bait::{Bait, input};

const INPUT: &str = "in.s";
const OBJECT: &str = "out.o";
const OUTPUT: &str = "out.bin";

/// All widths: what is written for one often does not assemble in another.
const HEADS: &[&str] = &[
    ".p816\n.smart\n.org $8000\n.a16\n.i16\n",
    ".p816\n.smart\n.org $8000\n.a8\n.i8\n",
    ".p816\n.smart\n.org $8000\n.a8\n.i16\n",
    ".p816\n.smart\n.org $8000\n.a16\n.i8\n",
];

/// Source: the attack list of the project's threat model, 133.
const BAITS: &[Bait] = &[
    Bait { what: ".incbin", input: ".incbin \"PATH\"\n" },
    Bait { what: ".include", input: ".include \"PATH\"\n" },
];

/// Source: the messages of ca65 2.18 and 2.19.
const CLASSES: &[(&str, ErrorClass)] = &[
    ("Cannot open", ErrorClass::Outside),
    ("No such scope", ErrorClass::Outside),
    ("ssertion failed", ErrorClass::Space),
    ("onstant expression expected", ErrorClass::Value),
    ("is not a recognized control command", ErrorClass::Directive),
    ("Conditional assembly branch", ErrorClass::Directive),
    ("was never closed", ErrorClass::Directive),
    ("macro", ErrorClass::Macro),
    ("is undefined", ErrorClass::Label),
    ("is already defined", ErrorClass::Label),
    ("Illegal addressing mode", ErrorClass::Addressing),
    ("Range error", ErrorClass::Range),
    ("out of range", ErrorClass::Range),
    ("':' expected", ErrorClass::Instruction),
    ("expected", ErrorClass::Syntax),
    ("Unexpected", ErrorClass::Syntax),
    ("Syntax error", ErrorClass::Syntax),
];

/// The assembler and the linker that makes bytes of its objects.
#[derive(Debug)]
pub(crate) struct Ca65 {
    tool: Tool,
    linker: PathBuf,
}

impl Ca65 {
    /// This assembler with this linker.
    #[must_use]
    pub const fn new(tool: Tool, linker: PathBuf) -> Self {
        Self { tool, linker }
    }
}

impl Backend for Ca65 {
    fn tool(&self) -> &Tool {
        &self.tool
    }

    fn dialect(&self) -> Dialect {
        Dialect::Ca65
    }

    fn job(&self, source: Vec<u8>) -> Job {
        let mut job = Job::new(Step::new(&self.tool.path, &[INPUT, "-o", OBJECT]));
        job.steps.push(Step::new(&self.linker, &["-t", "none", OBJECT, "-o", OUTPUT]));
        job.files.push(input(INPUT, source));
        job.wanted = Wanted::File(OUTPUT);
        job.view.extend([self.tool.path.clone(), self.linker.clone()]);
        job
    }

    fn mark(&self, text: &str) -> String {
        format!(".out \"{text}\"")
    }

    /// Nothing is linked: each main file is one of many objects.
    fn program_job(&self, main: &Path, dirs: &[PathBuf], options: &[String]) -> Option<Job> {
        let dirs = dirs.iter().map(|dir| dir.to_str()).collect::<Option<Vec<_>>>()?;
        let told = ["--cpu", "65816", main.to_str()?, "-o", OBJECT].into_iter();
        let dirs = dirs.iter().flat_map(|dir| ["-I", *dir, "--bin-include-dir", *dir]);
        let options = options.iter().map(String::as_str);
        let mut job =
            Job::new(Step::new(&self.tool.path, &told.chain(dirs).chain(options).collect::<Vec<_>>()));
        job.view.push(self.tool.path.clone());
        Some(job)
    }

    fn heads(&self) -> &'static [&'static str] {
        HEADS
    }

    fn define(&self, names: &[(String, u32)]) -> String {
        names.iter().map(|(name, value)| format!("{name} = ${value:x}\n")).collect()
    }

    fn complaints(&self, said: &str, file: &Path) -> Vec<Complaint> {
        first_of_each_line(said.lines().filter_map(|line| complaint(line, file)).collect())
    }

    fn input(&self) -> &'static str {
        INPUT
    }

    fn made(&self, file: &[u8], bytes: &[u8]) -> bool {
        file == bytes
    }

    fn baits(&self) -> &'static [Bait] {
        BAITS
    }
}

/// `in.s(4): Error: ...`, since 2.19 `in.s:4: Error: ...`.
fn complaint(line: &str, file: &Path) -> Option<Complaint> {
    let (place, message) = line.split_once(": Error: ").or_else(|| line.split_once(": Fatal error: "))?;
    let message = message.trim();
    let named = message.split(['\'', '`']).nth(1).filter(|_| message.ends_with("is undefined"));
    let undefined = named.filter(|name| is_name(name)).map(str::to_owned);
    let is_foreign = named.is_some_and(is_of_elsewhere);
    Some(Complaint {
        class: if is_foreign { ErrorClass::Outside } else { ErrorClass::of(message, CLASSES) },
        lines: lines_of(std::iter::once(place), file),
        message: message.to_owned(),
        undefined,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_of_both_forms_are_read_with_their_class() {
        for (line, class) in [
            ("in.s(4): Error: ':' expected", ErrorClass::Instruction),
            ("in.s:5: Error: Range error (74565 not in [0..255])", ErrorClass::Range),
            ("in.s(6): Error: Illegal addressing mode", ErrorClass::Addressing),
            ("in.s(9): Error: '.BLAH' is not a recognized control command", ErrorClass::Directive),
            ("in.s(10): Error: Hexadecimal digit expected", ErrorClass::Syntax),
            ("in.s(14): Error: Too many macro parameters", ErrorClass::Macro),
            ("in.s(1): Fatal error: Cannot open include file 'x': No such file", ErrorClass::Outside),
        ] {
            assert_eq!(complaint(line, Path::new(INPUT)).map(|one| one.class), Some(class), "{line}");
        }
        let found = complaint("in.s(7): Error: Symbol 'nowhere' is undefined", Path::new(INPUT))
            .expect("a complaint");
        assert_eq!((found.line(), found.undefined.as_deref()), (7, Some("nowhere")));
        assert_eq!(
            complaint("in.s(7): Warning: Symbol 'x' is defined but never used", Path::new(INPUT)),
            None
        );
        assert_eq!(
            complaint("in.s(7): Error: Symbol 'a b' is undefined", Path::new(INPUT))
                .and_then(|one| one.undefined),
            None
        );
    }
}
