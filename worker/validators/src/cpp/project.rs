//! Code in its own file: the unit of a source's file that an answer is about, with the answer in its place.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use hafs_proto::{Provenance, SourceName};
use hafs_quality::syntax::{CodeUnit, Language, units};

use super::commands::Commands;
use crate::place::{Known, inside, room};

/// What a compiler says where it reads an answer.
pub(super) const MARK: &str = "hafs reads here";

/// The folder of a source, and how what lies in it is compiled.
#[derive(Debug)]
struct Project {
    folder: PathBuf,
    commands: Commands,
}

/// The sources whose folders are open to the compiler.
#[derive(Debug, Default)]
pub(super) struct Projects(BTreeMap<SourceName, Project>);

/// A file of a project in two parts, with room for an answer between them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Where the file is.
    pub(super) path: PathBuf,
    /// The whole file, as it is.
    pub(super) whole: String,
    /// What the answer takes the place of.
    room: Range<usize>,
    /// What the compiler is told beside the usual, and what it may read.
    pub(super) options: Vec<String>,
    /// The project's folder.
    pub(super) folder: PathBuf,
}

impl Projects {
    /// The folders of these sources.
    ///
    /// # Errors
    /// Which of them is not there, or cannot be understood.
    pub(super) fn open(sources: &[(SourceName, PathBuf)]) -> Result<Self, String> {
        let opened = sources.iter().map(|(name, path)| {
            let unreadable = |error| format!("the folder of source `{name}`, {}: {error}", path.display());
            let folder = path.canonicalize().map_err(unreadable)?;
            let commands = Commands::of(&folder)?;
            Ok((name.clone(), Project { folder, commands }))
        });
        opened.collect::<Result<_, String>>().map(Self)
    }

    /// Where code of this origin has its place, if it is one unit of a file that is here.
    pub(super) fn place(&self, origin: &Provenance, code: &str) -> Option<Place> {
        let project = self.0.get(&origin.source)?;
        let path = inside(&project.folder, Path::new(origin.path.as_ref()?.as_str()))?;
        let whole = std::fs::read_to_string(&path).ok()?;
        let room = room_of(&whole, origin.lines, &only_unit(code)?)?;
        let mut options = project.commands.options(&path);
        let beside = path.parent().unwrap_or(&project.folder);
        options.extend(["-iquote".to_owned(), beside.display().to_string()]);
        Some(Place { whole, room, options, folder: project.folder.clone(), path })
    }
}

impl Place {
    /// The file with a mark and the answer in it, and the number of lines above the answer. A compiler that reads the answer
    /// tells of the mark; one that skips both, as under an `#ifdef` of another system, says nothing of either.
    pub(super) fn with(&self, code: &str) -> (String, usize) {
        let before = &self.whole[..self.room.start];
        let is_include = |line: &&str| line.trim_start().starts_with("#include");
        // What is included belongs in front of namespaces and classes.
        let head: String = code.lines().filter(is_include).map(|line| format!("{line}\n")).collect();
        let own: Vec<&str> = code.split('\n').map(|line| if is_include(&line) { "" } else { line }).collect();
        let before = format!("{head}{before}\n#pragma message \"{MARK}\"\n");
        let above = before.matches('\n').count();
        (format!("{before}{}{}", own.join("\n"), &self.whole[self.room.end..]), above)
    }
}

/// The unit that a snippet is, if it is one and nothing that belongs elsewhere.
fn only_unit(code: &str) -> Option<CodeUnit> {
    let found = units(Language::Cpp, code).ok()?;
    let outer = |unit: &&CodeUnit| {
        !found.iter().any(|other| {
            other != *unit && other.range.start <= unit.range.start && unit.range.end <= other.range.end
        })
    };
    let mut outer = found.iter().filter(outer);
    let unit = outer.next().filter(|_| outer.next().is_none())?;
    Some(unit.clone())
}

fn room_of(whole: &str, lines: Option<(u32, u32)>, unit: &CodeUnit) -> Option<Range<usize>> {
    let known = |unit: CodeUnit| Known { name: unit.name, lines: unit.lines, range: unit.range };
    let found: Vec<Known> = units(Language::Cpp, whole).ok()?.into_iter().map(known).collect();
    room(&found, lines, &unit.name)
}

#[cfg(test)]
mod tests {
    use hafs_proto::BoundedText;

    use super::*;

    const FILE: &str = "#include \"tank.h\"\n\nnamespace a {\nint twice(int x) { return x * 2; }\nint twice(long x) { return 2; }\nint half(int x) { return x / 2; }\n}\n";

    fn origin(path: &str, lines: (u32, u32)) -> Provenance {
        Provenance {
            source: "engine".parse().expect("a name"),
            locator: BoundedText::clipped(path),
            group: BoundedText::clipped(path),
            revision: None,
            path: Some(BoundedText::clipped(path)),
            lines: Some(lines),
            license: None,
            redactions: 0,
        }
    }

    fn project() -> (tempfile::TempDir, Projects) {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("src")).expect("made");
        std::fs::write(folder.path().join("src/a.cpp"), FILE).expect("written");
        let sources = [("engine".parse().expect("a name"), folder.path().to_owned())];
        let projects = Projects::open(&sources).expect("there");
        (folder, projects)
    }

    #[test]
    fn an_answer_takes_the_place_of_the_unit_of_its_name_and_its_headers_go_to_the_top() {
        let (_folder, projects) = project();
        let code = "#include <limits>\nint twice(int x) {\n  return x + x;\n}";
        let place = projects.place(&origin("src/a.cpp", (4, 4)), code).expect("a place");
        let (text, above) = place.with(code);
        let whole = "#include <limits>\n#include \"tank.h\"\n\nnamespace a {\n\n#pragma message \"hafs reads here\"\n\nint twice(int x) {\n  return x + x;\n}\nint twice(long x)";
        assert!(text.starts_with(whole) && text.ends_with("return x / 2; }\n}\n"), "{text}");
        assert_eq!(text.lines().nth(above + 1), Some("int twice(int x) {"));
    }

    #[test]
    fn a_constructor_is_told_from_its_class_by_the_lines() {
        let whole = "struct Tank {\n  Tank() : level(0) {}\n  int level;\n};\n";
        let unit = only_unit("Tank() : level(1) {}").expect("a unit");
        let found = |lines| room_of(whole, Some(lines), &unit).map(|range| &whole[range]);
        assert_eq!(found((2, 2)), Some("Tank() : level(0) {}"));
        assert!(found((1, 4)).is_some_and(|code| code.starts_with("struct")));
        assert_eq!(found((3, 3)), Some(whole.trim_end()), "only the class stands there");
        assert_eq!(found((40, 41)), None, "both have the name");
    }

    #[test]
    fn a_unit_that_moved_is_found_by_its_name_and_what_is_not_one_unit_of_the_file_has_no_place() {
        let (folder, projects) = project();
        let half = "int half(int x) { return x >> 1; }";
        assert!(projects.place(&origin("src/a.cpp", (40, 41)), half).is_some());
        for (path, lines, code) in [
            ("src/a.cpp", (40, 41), "int twice(int x) { return x; }"),
            ("src/a.cpp", (4, 4), "int other(int x) { return x; }"),
            ("src/a.cpp", (4, 4), "int half(int x) { return x; }\nint twice(int x) { return x; }"),
            ("src/b.cpp", (4, 4), half),
            ("../src/a.cpp", (4, 4), half),
            ("/etc/passwd", (4, 4), half),
        ] {
            assert_eq!(projects.place(&origin(path, lines), code), None, "{path} {code}");
        }
        let name = "engine".parse().expect("a name");
        assert!(Projects::open(&[(name, folder.path().join("gone"))]).is_err());
    }
}
