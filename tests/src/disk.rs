//! Small disks that can be filled and made read-only.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file system in memory, mounted for one test; unmounted when dropped.
pub struct SmallDisk {
    at: PathBuf,
}

impl SmallDisk {
    /// Mounts one of so many kibibytes at `at`, which is made. Nothing where this user may not mount; the test then
    /// says `SKIPPED`.
    ///
    /// # Panics
    /// When the folder cannot be made.
    #[must_use]
    pub fn mount(at: PathBuf, kibibytes: u32) -> Option<Self> {
        std::fs::create_dir_all(&at).unwrap_or_else(|error| panic!("{}: {error}", at.display()));
        let size = format!("size={kibibytes}k");
        let mut command = Command::new("mount");
        command.args(["-t", "tmpfs", "-o", &size, "hafs-test"]).arg(&at);
        succeeds(&mut command).then_some(Self { at })
    }

    /// Fills what is free.
    ///
    /// # Panics
    /// When the disk refuses for another reason than being full.
    #[must_use]
    pub fn fill(&self) -> Ballast {
        let ballast = Ballast(self.at.join("ballast"));
        ballast.grow();
        ballast
    }

    /// Makes it read-only.
    ///
    /// # Panics
    /// When it cannot be.
    pub fn forbid_writing(&self) {
        assert!(self.remount("ro"), "{} cannot be made read-only", self.at.display());
    }

    /// Lets it be written again.
    ///
    /// # Panics
    /// When it cannot be.
    pub fn allow_writing(&self) {
        assert!(self.remount("rw"), "{} cannot be made writable", self.at.display());
    }

    fn remount(&self, how: &str) -> bool {
        succeeds(Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(&self.at))
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.at
    }
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process of a test that failed may still have a file open there.
        let _ = succeeds(Command::new("umount").arg("--lazy").arg(&self.at));
    }
}

/// What fills a disk; gone when dropped.
pub struct Ballast(PathBuf);

impl Ballast {
    /// Fills what others have given back since.
    ///
    /// # Panics
    /// When the disk refuses for another reason than being full.
    pub fn grow(&self) {
        use std::io::Write as _;
        let file = std::fs::File::options().create(true).append(true).open(&self.0);
        let mut file = file.unwrap_or_else(|error| panic!("{}: {error}", self.0.display()));
        let block = [0x5a; 1_024];
        let full = std::iter::repeat_with(|| file.write_all(&block)).find_map(Result::err);
        let kind = full.map(|error| error.kind());
        assert_eq!(kind, Some(std::io::ErrorKind::StorageFull), "{}", self.0.display());
    }
}

impl Ballast {
    /// Gives so many bytes back.
    ///
    /// # Panics
    /// When it cannot.
    pub fn leave(&self, bytes: u64) {
        let file = std::fs::File::options().write(true).open(&self.0);
        let file = file.unwrap_or_else(|error| panic!("{}: {error}", self.0.display()));
        let kept = file.metadata().map(|about| about.len().saturating_sub(bytes));
        let shorter = kept.and_then(|kept| file.set_len(kept));
        shorter.unwrap_or_else(|error| panic!("{}: {error}", self.0.display()));
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
