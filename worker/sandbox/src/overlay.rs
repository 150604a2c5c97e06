//! A folder as it is but for one file, for a tool that reads a whole project by its own paths.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::scene;

/// Links to the files of a folder, with one of them replaced. A job sees it when both folders are in its view. It goes away
/// with the value.
#[derive(Debug)]
pub struct Overlay {
    folder: TempDir,
}

impl Overlay {
    /// Lays `text` over the file at `replaced`. The files are paths below `folder`, without `..`.
    ///
    /// # Errors
    /// What the file system says. Systems without links that everybody may make are unsupported.
    pub fn lay<'f>(
        folder: &Path,
        files: impl Iterator<Item = &'f PathBuf>,
        (replaced, text): (&Path, &[u8]),
    ) -> io::Result<Self> {
        let overlay = Self { folder: scene::folder()? };
        let user = crate::wall::user();
        let mut last = overlay.path().to_owned();
        scene::hand_over_folder(&last, user)?;
        for file in files {
            let here = overlay.path().join(file);
            let parent = here.parent().unwrap_or(overlay.path());
            if parent != last {
                make(overlay.path(), parent, user)?;
                parent.clone_into(&mut last);
            }
            if file == replaced {
                std::fs::write(&here, text)?;
                scene::hand_over_file(&here, user)?;
            } else {
                link(&folder.join(file), &here)?;
            }
        }
        Ok(overlay)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Makes the folders from `top` down to `folder`.
fn make(top: &Path, folder: &Path, user: Option<u32>) -> io::Result<()> {
    if folder == top || folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make(top, above, user)?;
    }
    std::fs::create_dir(folder)?;
    scene::hand_over_folder(folder, user)
}

#[cfg(unix)]
fn link(file: &Path, here: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(file, here)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_are_there_and_one_is_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let files: Vec<PathBuf> = ["a.asm", "lib/deep/b.asm", "lib/c.asm"].map(PathBuf::from).into();
        for file in &files {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().expect("one")).expect("made");
            std::fs::write(path, file.as_os_str().as_encoded_bytes()).expect("written");
        }
        let overlay =
            Overlay::lay(folder.path(), files.iter(), (&files[2], b"another")).expect("laid over it");
        let read = |path: &Path| std::fs::read_to_string(path).expect("readable");
        assert_eq!(read(&overlay.path().join("lib/deep/../c.asm")), "another");
        assert_eq!(read(&overlay.path().join("lib/deep/../../a.asm")), "a.asm");
        assert_eq!(read(&overlay.path().join("lib/deep/b.asm")), "lib/deep/b.asm");
        let place = overlay.path().to_owned();
        drop(overlay);
        assert!(!place.exists());
        assert_eq!(read(&folder.path().join("lib/c.asm")), "lib/c.asm", "the folder itself is as it was");
    }
}
