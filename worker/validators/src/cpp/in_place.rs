//! What a compiler says of a snippet in its own file. It is asked where nobody can tell from the snippet alone.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use hafs_proto::{Finding, Outcome, Provenance, Reason, SourceName};
use hafs_sandbox::Stop;

use super::project::{MARK, Place, Projects};
use super::{Cpp, Heard, Piece};
use crate::findings::{MAX_FINDINGS, finding};

/// The open sources, and what is known of their files.
#[derive(Debug)]
pub(super) struct InPlace {
    projects: Projects,
    /// Files as they were when they were compiled, and whether they have no error.
    known: Mutex<BTreeMap<PathBuf, (u64, bool)>>,
}

impl InPlace {
    /// Opens the folders of these sources.
    ///
    /// # Errors
    /// Which of them is not there.
    pub(super) fn open(sources: &[(SourceName, PathBuf)]) -> Result<Self, String> {
        Ok(Self { projects: Projects::open(sources)?, known: Mutex::default() })
    }
}

impl Cpp {
    /// Compiles a piece in the file that it comes from. Nothing where that is not here, where the compiler skips its place, or
    /// where the file has errors without the piece: then it cannot tell whether the piece is right.
    pub(super) fn placed(
        &self,
        origin: &Provenance,
        piece: &Piece<'_>,
        output: &str,
        stop: &Stop,
    ) -> Option<(Outcome, String)> {
        let code = [piece.begun, piece.code].concat();
        let place = self.in_place.projects.place(origin, &code)?;
        let (text, above) = place.with(&code);
        let (heard, is_read) = self.compile(&place, text, stop);
        if !is_read {
            return None;
        }
        let note = format!("compiled in its own file, {}", origin.locator.as_str());
        if heard.is_clean() {
            return Some((Outcome::Pass, note));
        }
        if !heard.is_answer() || !self.is_sound(&place, stop) {
            return None;
        }
        let first = above + piece.begun.matches('\n').count();
        let findings = heard.errors().take(MAX_FINDINGS).map(|found| {
            let line =
                found.line.checked_sub(first).filter(|line| (1..=piece.code.lines().count()).contains(line));
            let place = line.map_or("elsewhere in its file".to_owned(), |line| format!("line {line}"));
            let what = format!("C++, {place}: {}", found.message);
            finding(Reason::CompileError, &what, (output, &piece.range, line.unwrap_or(1)))
        });
        let findings: Vec<Finding> = findings.collect();
        Some((Outcome::from_findings(findings), note))
    }

    /// What the compiler says of a text in this place, and whether it read the mark.
    fn compile(&self, place: &Place, text: String, stop: &Stop) -> (Heard, bool) {
        let quiet = self.compiler.quiet.iter().map(|option| (*option).to_owned());
        let options: Vec<String> = place.options.iter().cloned().chain(quiet).collect();
        let mut job = self.compiler.job(text.into_bytes(), &options);
        job.view.push(place.folder.clone());
        let report = self.sandbox.run(&job, stop);
        let is_read = report.said.contains(MARK);
        (Heard::of(report), is_read)
    }

    /// Whether the file as it is has no error here, where perhaps not all is installed that it needs.
    fn is_sound(&self, place: &Place, stop: &Stop) -> bool {
        let known = || self.in_place.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hasher = DefaultHasher::new();
        place.whole.hash(&mut hasher);
        let text = hasher.finish();
        if let Some((_, is_sound)) = known().get(&place.path).filter(|(known, _)| *known == text) {
            return *is_sound;
        }
        let (heard, _) = self.compile(place, place.whole.clone(), stop);
        // A compiler that was cut off has said nothing of the file.
        if heard.is_answer() {
            known().insert(place.path.clone(), (text, heard.is_clean()));
        }
        heard.is_clean()
    }
}
