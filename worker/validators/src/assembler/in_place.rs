//! What an assembler says of a snippet in its own file, in the program that the file is a part of, with the macros and names
//! that it has there. It is asked where nobody can tell from the snippet alone.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use hafs_asm65816::units::{Unit, units};
use hafs_proto::{Finding, Outcome, Provenance};
use hafs_sandbox::{Report, Stop};

use super::tree::Tree;
use super::{Assembler, Complaint, ErrorClass, Marks, Piece};
use crate::findings::{MAX_FINDINGS, finding};
use crate::place::{Folders, Known, inside, room};

/// Where included files lie, below the program's own folder and the source's.
const INCLUDED: &[&str] = &["", "include", "inc", "src"];

/// Bytes that may be said of a program: one in an older style of asar's gets a warning of half a kilobyte at every other line.
const MAX_SAID: usize = 32 << 20;

/// A file with room for an answer.
struct Place {
    folder: PathBuf,
    tree: Tree,
    /// Below the folder.
    path: PathBuf,
    whole: String,
    room: Range<usize>,
}

/// What was said of a program.
struct Said {
    complaints: Vec<Complaint>,
    is_clean: bool,
    /// What was printed.
    printed: String,
}

impl Place {
    fn of(folders: &Folders, origin: &Provenance, code: &str) -> Option<Self> {
        let folder = folders.of(&origin.source)?;
        let path = inside(folder, Path::new(origin.path.as_ref()?.as_str()))?;
        let whole = std::fs::read_to_string(&path).ok()?;
        let own = units(code).ok()?;
        let [unit] = own.as_slice() else { return None };
        let known = |unit: &Unit<'_>| Known {
            name: unit.name.to_owned(),
            lines: unit.lines,
            range: unit.range.clone(),
        };
        let found: Vec<Known> = units(&whole).ok()?.iter().map(known).collect();
        let room = room(&found, origin.lines, unit.name)?;
        let path = path.strip_prefix(folder).ok()?.to_owned();
        Some(Self { folder: folder.to_owned(), tree: Tree::read(folder)?, path, whole, room })
    }
}

impl Assembler {
    /// Assembles a piece in the program that it comes from. Nothing where that is not here, where the assembler skips the
    /// piece's place, or where the program has errors without the piece.
    pub(super) fn placed(
        &self,
        origin: &Provenance,
        piece: &Piece,
        output: &str,
        stop: &Stop,
    ) -> Option<(Outcome, String)> {
        let place = Place::of(&self.folders, origin, &piece.code)?;
        let mains = place.tree.mains(&place.path);
        mains.iter().find_map(|main| {
            let outcome = self.placed_in(main, &place, (piece, output), stop)?;
            let program = if *main == place.path { String::new() } else { format!(" of {}", main.display()) };
            Some((outcome, format!("assembled in its own file, {}{program}", origin.locator.as_str())))
        })
    }

    /// What comes of it in the program that begins with `main`.
    fn placed_in(
        &self,
        main: &Path,
        place: &Place,
        (piece, output): (&Piece, &str),
        stop: &Stop,
    ) -> Option<Outcome> {
        let marks = Marks::of(&piece.code);
        let (begins, ends) = (self.backend.mark(&marks.begins), self.backend.mark(&marks.ends));
        let before = format!("{}\n{begins}\n", &place.whole[..place.room.start]);
        let text = format!("{before}{}\n{ends}\n{}", piece.code, &place.whole[place.room.end..]);
        let said = self.of_program(main, place, &text, stop)?;
        if said.is_clean {
            let is_read = [marks.begins, marks.ends].iter().all(|mark| said.printed.contains(mark));
            return is_read.then_some(Outcome::Pass);
        }
        let first = before.matches('\n').count() + piece.above;
        let own = first + 1..=first + piece.code.lines().count() - piece.above;
        let counting: Vec<(&Complaint, Option<usize>)> =
            said.complaints.iter().filter_map(|one| counts(one, &own).map(|line| (one, line))).collect();
        if counting.is_empty() || !self.of_program(main, place, &place.whole, stop)?.is_clean {
            return None;
        }
        let findings = counting.into_iter().take(MAX_FINDINGS).map(|(one, line)| {
            let line = line.map(|line| line - first);
            let place = line.map_or("elsewhere in its program".to_owned(), |line| format!("line {line}"));
            let what = format!("{}, {}, {place}: {}", self.settings.name, one.class.word(), one.message);
            finding(one.class.reason(), &what, (output, &piece.range, line.unwrap_or(1)))
        });
        let findings: Vec<Finding> = findings.collect();
        Some(Outcome::from_findings(findings))
    }

    fn of_program(&self, main: &Path, place: &Place, text: &str, stop: &Stop) -> Option<Said> {
        let overlay = place.tree.with(&place.path, text)?;
        let main = overlay.path().join(main);
        let folders = [main.parent().unwrap_or(overlay.path()), overlay.path()];
        let dirs = folders.iter().flat_map(|folder| INCLUDED.iter().map(|name| folder.join(name)));
        let mut dirs: Vec<PathBuf> = dirs.filter(|dir| dir.is_dir()).collect();
        dirs.dedup();
        let mut job = self.backend.program_job(&main, &dirs, &self.settings.arguments)?;
        job.limits.output = MAX_SAID;
        job.view.extend(self.settings.view.iter().cloned());
        job.view.extend([place.folder.clone(), overlay.path().to_owned()]);
        let Report { end, said, result, .. } = self.sandbox.run(&job, stop);
        let complaints = self.backend.complaints(&said, &overlay.path().join(&place.path));
        let printed = format!("{said}{}", String::from_utf8_lossy(&result));
        Some(Said { complaints, is_clean: end.is_success(), printed })
    }
}

/// Whether a complaint counts against a piece at these lines of its file, with the line of the piece where it is at one. That
/// other code now lies too far off or too high is no fault of it; that other code misses a name is.
fn counts(complaint: &Complaint, own: &RangeInclusive<usize>) -> Option<Option<usize>> {
    let line = complaint.lines.iter().find(|line| own.contains(line)).copied();
    let is_fault = match complaint.class {
        ErrorClass::Space => false,
        ErrorClass::Label | ErrorClass::Macro | ErrorClass::Directive | ErrorClass::Syntax => true,
        ErrorClass::Addressing
        | ErrorClass::Range
        | ErrorClass::Value
        | ErrorClass::Instruction
        | ErrorClass::Outside
        | ErrorClass::Other => line.is_some(),
    };
    is_fault.then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_moved_is_no_fault_of_the_piece() {
        let own = 10..=20;
        let complaint = |class, lines: &[usize]| Complaint {
            class,
            lines: lines.to_vec(),
            message: String::new(),
            undefined: None,
        };
        for (class, lines, counted) in [
            (ErrorClass::Range, &[15][..], Some(Some(15))),
            // In a macro that the piece calls.
            (ErrorClass::Range, &[3, 20], Some(Some(20))),
            (ErrorClass::Range, &[21], None),
            (ErrorClass::Label, &[9], Some(None)),
            (ErrorClass::Label, &[], Some(None)),
            (ErrorClass::Space, &[15], None),
            (ErrorClass::Other, &[], None),
        ] {
            assert_eq!(counts(&complaint(class, lines), &own), counted, "{class:?} {lines:?}");
        }
    }
}
