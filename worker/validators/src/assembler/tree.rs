//! The files of a source's folder, and which programs each is a part of, by what they include.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hafs_sandbox::Overlay;

use crate::place::within;

/// Files of one folder. What has more is looked at alone.
const MAX_FILES: usize = 20_000;
/// Bytes of one file that is looked through for what it includes.
const MAX_BYTES: u64 = 4 << 20;
/// Programs that one file is looked for in.
const MAX_MAINS: usize = 3;
/// Endings of assembly.
const ENDINGS: &[&str] = &["asm", "s", "inc", "a65", "65s", "i", "h", "src", "mac", "a"];
/// What includes another file: asar's word, ca65's, and one that both have had.
const WORDS: &[&str] = &["incsrc", ".include", "include"];

/// The files of a folder, by their paths below it.
#[derive(Debug)]
pub(super) struct Tree {
    folder: PathBuf,
    files: BTreeSet<PathBuf>,
}

impl Tree {
    /// What is there now; nothing of a folder with too many files.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let mut tree = Self { folder: folder.to_owned(), files: BTreeSet::new() };
        let mut open = vec![PathBuf::new()];
        while let Some(below) = open.pop() {
            for entry in std::fs::read_dir(folder.join(&below)).into_iter().flatten().flatten() {
                let path = below.join(entry.file_name());
                if entry.file_name().as_encoded_bytes().starts_with(b".") {
                    continue;
                }
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    open.push(path);
                } else {
                    tree.files.insert(path);
                }
            }
            if tree.files.len() > MAX_FILES {
                return None;
            }
        }
        Some(tree)
    }

    /// The files that whole programs begin with of which this one is a part, the nearest first: those that nothing
    /// includes. Itself, when nothing includes it.
    pub(super) fn mains(&self, path: &Path) -> Vec<PathBuf> {
        let includers = self.includers();
        let (mut seen, mut mains) = (vec![path], Vec::new());
        let mut at = 0;
        while let Some(file) = seen.get(at).copied() {
            at += 1;
            match includers.get(file) {
                None => mains.push(file.to_owned()),
                Some(above) => {
                    let new: Vec<&Path> =
                        above.iter().map(PathBuf::as_path).filter(|file| !seen.contains(file)).collect();
                    seen.extend(new);
                }
            }
        }
        if mains.is_empty() {
            // Files that include each other.
            mains.push(path.to_owned());
        }
        mains.truncate(MAX_MAINS);
        mains
    }

    /// The folder with another text at a path.
    pub(super) fn with(&self, path: &Path, text: &str) -> Option<Overlay> {
        Overlay::lay(&self.folder, self.files.iter(), (path, text.as_bytes())).ok()
    }

    /// By each file that is included, those that do so.
    fn includers(&self) -> BTreeMap<PathBuf, BTreeSet<PathBuf>> {
        let mut includers: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
        for file in self.files.iter().filter(|file| is_assembly(file)) {
            let path = self.folder.join(file);
            if std::fs::metadata(&path).map_or(true, |data| !data.is_file() || data.len() > MAX_BYTES) {
                continue;
            }
            let text = std::fs::read(&path).unwrap_or_default();
            for said in String::from_utf8_lossy(&text).lines().filter_map(included) {
                if let Some(found) = self.named(file, said).filter(|found| found != file) {
                    includers.entry(found).or_default().insert(file.clone());
                }
            }
        }
        includers
    }

    /// The file that an including one means: beside it, below the folder, or the only one whose path ends so, as tools are
    /// told folders to look in.
    fn named(&self, from: &Path, said: &str) -> Option<PathBuf> {
        let said = PathBuf::from(said.replace('\\', "/"));
        let beside = from.parent().and_then(|folder| within(&folder.join(&said)));
        let known = |path: &PathBuf| self.files.contains(path);
        beside.filter(known).or_else(|| within(&said).filter(known)).or_else(|| {
            let mut ending = self.files.iter().filter(|file| file.ends_with(&said));
            ending.next().filter(|_| ending.next().is_none()).cloned()
        })
    }
}

fn is_assembly(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// What a line includes. One that only looks so makes a program be tried that is none.
fn included(line: &str) -> Option<&str> {
    let code = line.split(';').next()?;
    let mut rest = code;
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ':');
        let end = rest.find(|c: char| c.is_whitespace() || c == '"').filter(|end| *end > 0)?;
        let (word, behind) = rest.split_at(end);
        if WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)) {
            let path = behind.trim_start();
            let quoted = path.strip_prefix('"').and_then(|path| path.split('"').next());
            return quoted.or_else(|| path.split_whitespace().next()).filter(|path| !path.is_empty());
        }
        rest = behind;
        if rest.starts_with('"') {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_include_are_known() {
        for (line, path) in [
            ("\tincsrc \"a/b c.asm\" ; why", Some("a/b c.asm")),
            ("incsrc a.asm", Some("a.asm")),
            ("  .INCLUDE\"x.inc\"", Some("x.inc")),
            ("if !sa1 : incsrc \"sa1.asm\" : endif", Some("sa1.asm")),
            ("label: .include \"y.s\"", Some("y.s")),
            ("; incsrc \"a.asm\"", None),
            ("incbin \"a.bin\"", None),
            ("includeonce", None),
            ("db \"include this\"", None),
            ("incsrc", None),
            ("", None),
        ] {
            assert_eq!(included(line), path, "{line}");
        }
    }

    #[test]
    fn a_part_is_found_in_the_programs_that_include_it() {
        let folder = tempfile::tempdir().expect("a folder");
        for (file, text) in [
            ("game.asm", "incsrc \"code/enemies.asm\"\nincsrc gone.asm\n"),
            ("tests/run.asm", "incsrc ../code/enemies.asm"),
            ("code/enemies.asm", "incsrc \"slime.asm\"\n"),
            ("code/slime.asm", "incsrc \"enemies.asm\"\nincsrc shared\\macros.asm"),
            ("lib/shared/macros.asm", ""),
            ("alone.asm", ""),
            (".git/x.asm", "incsrc \"alone.asm\""),
        ] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("one")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        let tree = Tree::read(folder.path()).expect("few files");
        let mains = |path: &str| {
            let found = tree.mains(Path::new(path));
            found.iter().map(|main| main.display().to_string()).collect::<Vec<_>>()
        };
        let both = ["game.asm", "tests/run.asm"];
        assert_eq!(mains("alone.asm"), ["alone.asm"]);
        assert_eq!(mains("code/enemies.asm"), both);
        assert_eq!(mains("code/slime.asm"), both, "files may include each other");
        assert_eq!(mains("lib/shared/macros.asm"), both, "the end of a path is enough where only one has it");
        let overlay = tree.with(Path::new("code/slime.asm"), "RTS").expect("laid");
        assert!(overlay.path().join("game.asm").is_file() && !overlay.path().join(".git").exists());
    }
}
