//! What an assembler says of a snippet in its own file, with the macros and names that it has there. It is asked where nobody
//! can tell from the snippet alone.

use std::ops::Range;
use std::path::{Path, PathBuf};

use hafs_asm65816::units::units;
use hafs_proto::{Finding, Outcome, Provenance};
use hafs_sandbox::{Report, Stop};

use super::{Assembler, Complaint, Piece};
use crate::findings::{MAX_FINDINGS, finding};
use crate::place::{Folders, Known, inside, room};

/// What the assembler says where it reads an answer.
pub(super) const MARK: &str = "hafs reads here";

/// A file with room for an answer.
struct Place {
    folder: PathBuf,
    path: PathBuf,
    whole: String,
    room: Range<usize>,
}

/// What was said of a file.
struct Said {
    complaints: Vec<Complaint>,
    is_clean: bool,
    /// Whether the assembler came to the mark.
    is_read: bool,
}

impl Place {
    fn of(folders: &Folders, origin: &Provenance, code: &str) -> Option<Self> {
        let folder = folders.of(&origin.source)?;
        let path = inside(folder, Path::new(origin.path.as_ref()?.as_str()))?;
        let whole = std::fs::read_to_string(&path).ok()?;
        let own = units(code).ok()?;
        let [unit] = own.as_slice() else { return None };
        let known = |unit: &hafs_asm65816::units::Unit<'_>| Known {
            name: unit.name.to_owned(),
            lines: unit.lines,
            range: unit.range.clone(),
        };
        let found: Vec<Known> = units(&whole).ok()?.iter().map(known).collect();
        let room = room(&found, origin.lines, unit.name)?;
        Some(Self { folder: folder.to_owned(), path, whole, room })
    }
}

impl Assembler {
    /// Assembles a piece in the file that it comes from. Nothing where that is not here or this assembler takes no single files,
    /// where it skips the piece's place, or where the file has errors without the piece.
    pub(super) fn placed(
        &self,
        origin: &Provenance,
        piece: &Piece,
        output: &str,
        stop: &Stop,
    ) -> Option<(Outcome, String)> {
        let place = Place::of(&self.folders, origin, &piece.code)?;
        let before = format!("{}\n{}\n", &place.whole[..place.room.start], self.backend.mark(MARK)?);
        let text = format!("{before}{}{}", piece.code, &place.whole[place.room.end..]);
        let said = self.of_file(&place, text, stop)?;
        if !said.is_read {
            return None;
        }
        let note = format!("assembled in its own file, {}", origin.locator.as_str());
        if said.is_clean {
            return Some((Outcome::Pass, note));
        }
        let is_sound = self.of_file(&place, place.whole.clone(), stop)?.is_clean;
        if said.complaints.is_empty() || !is_sound {
            return None;
        }
        let first = before.matches('\n').count() + piece.above;
        let own = 1..=piece.code.lines().count() - piece.above;
        let findings = said.complaints.iter().take(MAX_FINDINGS).map(|one| {
            let line = one.line.checked_sub(first).filter(|line| own.contains(line));
            let place = line.map_or("elsewhere in its file".to_owned(), |line| format!("line {line}"));
            let what = format!("{}, {}, {place}: {}", self.settings.name, one.class.word(), one.message);
            finding(one.class.reason(), &what, (output, &piece.range, line.unwrap_or(1)))
        });
        let findings: Vec<Finding> = findings.collect();
        Some((Outcome::from_findings(findings), note))
    }

    fn of_file(&self, place: &Place, text: String, stop: &Stop) -> Option<Said> {
        let beside = place.path.parent().unwrap_or(&place.folder);
        let beneath = ["", "include", "inc", "src"].map(|name| place.folder.join(name));
        let dirs: Vec<&Path> = std::iter::once(beside).chain(beneath.iter().map(PathBuf::as_path)).collect();
        let mut job = self.backend.file_job(text.into_bytes(), &dirs)?;
        job.view.extend(self.settings.view.iter().cloned().chain([place.folder.clone()]));
        let Report { end, said, result, .. } = self.sandbox.run(&job, stop);
        let is_read = said.contains(MARK) || String::from_utf8_lossy(&result).contains(MARK);
        Some(Said { complaints: self.backend.complaints(&said), is_clean: end.is_success(), is_read })
    }
}
