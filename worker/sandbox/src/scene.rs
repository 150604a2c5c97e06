//! The folder on the host that holds a job's input files.

use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hafs_runtime::clock::{Clock as _, SystemClock};
use tempfile::TempDir;

use crate::job::InputFile;

const PREFIX: &str = "hafs-sandbox-";
/// No job runs as long as this, so a folder of this age is of a worker that was killed.
const STALE: Duration = Duration::from_secs(3600);

/// A temporary folder with a job's files. It goes away with the value.
#[derive(Debug)]
pub(crate) struct Scene {
    folder: TempDir,
}

impl Scene {
    /// Writes the files, for `user` to read where that is another.
    ///
    /// # Errors
    /// What the file system says.
    pub(crate) fn set(files: &[InputFile], user: Option<u32>) -> io::Result<Self> {
        let folder = folder()?;
        hand_over_folder(folder.path(), user)?;
        for file in files {
            let path = folder.path().join(file.name);
            std::fs::write(&path, &file.bytes)?;
            hand_over_file(&path, user)?;
        }
        Ok(Self { folder })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Takes away the folders that killed workers have left, as far as that can be done: what stays does no harm.
pub(crate) fn sweep() {
    let now = UNIX_EPOCH + Duration::from_millis(SystemClock.now().as_millis().unsigned_abs());
    sweep_in(&std::env::temp_dir(), now);
}

fn sweep_in(folder: &Path, now: SystemTime) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let data = entry.metadata().ok().filter(|data| is_ours && data.is_dir());
        let age = data.and_then(|data| now.duration_since(data.modified().ok()?).ok());
        if age.is_some_and(|age| age > STALE) {
            // Perhaps another user's.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A new folder that is swept away if nobody else takes it away.
pub(crate) fn folder() -> io::Result<TempDir> {
    tempfile::Builder::new().prefix(PREFIX).tempdir()
}

/// Lets `user` look into a folder, where that is another.
#[cfg(unix)]
pub(crate) fn hand_over_folder(folder: &Path, user: Option<u32>) -> io::Result<()> {
    user.map_or(Ok(()), |user| std::os::unix::fs::chown(folder, Some(user), Some(user)))
}

/// Lets `user` read a file, where that is another.
#[cfg(unix)]
pub(crate) fn hand_over_file(file: &Path, user: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    user.map_or(Ok(()), |_| std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o444)))
}

#[cfg(not(unix))]
pub(crate) fn hand_over_folder(_: &Path, _: Option<u32>) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(crate) fn hand_over_file(_: &Path, _: Option<u32>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_old_folders_of_jobs_are_swept_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = |name: &str| folder.path().join(name);
        for name in ["hafs-sandbox-a1", "else-b2"] {
            std::fs::create_dir(place(name)).expect("made");
            std::fs::write(place(name).join("input.cpp"), "int x;").expect("written");
        }
        std::fs::write(place("hafs-sandbox-file"), "").expect("written");
        let made = std::fs::metadata(place("else-b2")).and_then(|data| data.modified()).expect("a time");
        sweep_in(folder.path(), made + STALE / 2);
        assert!(place("hafs-sandbox-a1").exists(), "a job may still run there");
        sweep_in(folder.path(), made + STALE * 2);
        assert!(!place("hafs-sandbox-a1").exists());
        assert!(place("else-b2").exists() && place("hafs-sandbox-file").exists());
    }
}
