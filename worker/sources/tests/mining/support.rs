//! Repositories and folders to mine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use hafs_proto::{SeedDraft, SeedKind};
use hafs_sources::{HarvestError, HarvestPage, Source, SourceKind, SourceSettings, open};
use tempfile::TempDir;

pub const PROSE: &str = "The queue holds only an index of open tasks. When it is lost, the coordinator rebuilds it \
                         from the library under a new generation, and claims go on after that.";

pub const FUNCTION: &str = "/// Adds.\nfn add(a: u32, b: u32) -> u32 {\n    let sum = a + b;\n    sum\n}\n";

/// A folder that is removed with its value; a repository once [`Place::init`] was called.
pub struct Place {
    pub dir: TempDir,
}

impl Place {
    pub fn folder() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn repository() -> Self {
        let place = Self::folder();
        place.git(&["init", "-q", "-b", "main"]);
        place
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Runs git, away from the user's own configuration.
    pub fn git(&self, arguments: &[&str]) {
        let status = Command::new("git")
            .current_dir(self.path())
            .args(["-c", "user.name=A", "-c", "user.email=a@b.example", "-c", "protocol.file.allow=always"])
            .args(arguments)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
            .env("GIT_COMMITTER_DATE", "2026-01-11T00:00:00Z")
            .status();
        assert!(status.expect("git starts").success(), "git {arguments:?}");
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
        std::fs::write(&path, content).expect("writes");
        path
    }

    pub fn commit(&self, message: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "--cleanup=verbatim", "-m", message]);
    }

    pub fn git_settings(&self) -> SourceSettings {
        git_settings(self.path())
    }

    pub fn folder_settings(&self) -> SourceSettings {
        SourceSettings::new("notes".parse().expect("a name"), SourceKind::Folder { path: self.path().into() })
    }
}

pub fn git_settings(path: &Path) -> SourceSettings {
    SourceSettings::new("code".parse().expect("a name"), SourceKind::Git { path: path.into() })
}

/// All seeds of a source and all that was passed over.
#[derive(Debug, Default, PartialEq)]
pub struct Haul {
    pub seeds: Vec<SeedDraft>,
    pub skipped: BTreeMap<String, u32>,
    pub pages: usize,
}

impl Haul {
    pub fn of(&self, kind: SeedKind) -> Vec<&SeedDraft> {
        self.seeds.iter().filter(|seed| seed.kind == kind).collect()
    }

    pub fn paths(&self, kind: SeedKind) -> Vec<&str> {
        self.of(kind).iter().filter_map(|seed| seed.provenance.path.as_deref()).collect()
    }

    pub fn skipped(&self, word: &str) -> u32 {
        self.skipped.get(word).copied().unwrap_or_default()
    }
}

pub fn source(settings: SourceSettings) -> Box<dyn Source> {
    open(settings).expect("the source opens")
}

pub fn page(source: &dyn Source, cursor: Option<&str>, limit: usize) -> Result<HarvestPage, HarvestError> {
    source.harvest(cursor, limit, &|| false)
}

/// Walks a source to its end.
pub fn mine(source: &dyn Source, limit: usize) -> Result<Haul, HarvestError> {
    let mut haul = Haul::default();
    let mut cursor = None;
    loop {
        let page = page(source, cursor.as_deref(), limit)?;
        assert!(page.seeds.len() <= limit, "{} seeds for a limit of {limit}", page.seeds.len());
        haul.seeds.extend(page.seeds);
        for (word, count) in page.skipped {
            *haul.skipped.entry(word).or_default() += count;
        }
        haul.pages += 1;
        cursor = page.next_cursor;
        if let Some(cursor) = &cursor {
            assert!(cursor.len() <= 1024, "a cursor of {} bytes", cursor.len());
            assert!(haul.pages < 10_000, "the walk does not end");
        } else {
            return Ok(haul);
        }
    }
}

pub fn mine_all(settings: SourceSettings) -> Haul {
    mine(&*source(settings), 200).expect("something is found")
}
