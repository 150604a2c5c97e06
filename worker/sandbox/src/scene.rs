//! The folder on the host that holds a job's input files.

use std::io;
use std::path::Path;

use tempfile::TempDir;

use crate::job::InputFile;

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
        let folder = tempfile::Builder::new().prefix("hafs-sandbox-").tempdir()?;
        for file in files {
            std::fs::write(folder.path().join(file.name), &file.bytes)?;
        }
        if let Some(user) = user {
            hand_over(folder.path(), files, user)?;
        }
        Ok(Self { folder })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

#[cfg(unix)]
fn hand_over(folder: &Path, files: &[InputFile], user: u32) -> io::Result<()> {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    chown(folder, Some(user), Some(user))?;
    for file in files {
        std::fs::set_permissions(folder.join(file.name), std::fs::Permissions::from_mode(0o444))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn hand_over(_: &Path, _: &[InputFile], _: u32) -> io::Result<()> {
    Ok(())
}
