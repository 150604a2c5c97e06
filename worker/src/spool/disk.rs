//! Durable writing.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use hafs_runtime::privacy;

/// Makes `name` in `dir` hold `bytes`, wholly or not at all, and only returns when a power cut cannot undo it.
pub(crate) fn write_durably(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let partial = dir.join(format!("{name}.partial"));
    let written = create_private(&partial).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_data()
    });
    if let Err(error) = written {
        // What is left is incomplete and takes space that is missing; the bytes are still in memory.
        let _ = fs::remove_file(&partial);
        return Err(error);
    }
    replace(&partial, &dir.join(name))?;
    sync_folder(dir)
}

/// Puts a file in the place of another one, wholly or not at all.
#[cfg(not(windows))]
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Puts a file in the place of another one, wholly or not at all. Windows refuses for as long as somebody else, such as a
/// virus scanner, has one of them open; that is over in a moment.
#[cfg(windows)]
fn replace(from: &Path, to: &Path) -> io::Result<()> {
    const TRIES: u32 = 10;
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);
    for _ in 1..TRIES {
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => std::thread::sleep(PAUSE),
            renamed => return renamed,
        }
    }
    fs::rename(from, to)
}

/// Makes a folder that only its owner can read.
pub(crate) fn make_private_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)?;
    match privacy::make_private(path) {
        // A disk that keeps no rights; who can read the state folder is looked at, and said, at the start.
        Err(_) if cfg!(windows) => Ok(()),
        made => made,
    }
}

/// Makes an empty file that only its owner can read.
pub(super) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}

/// Syncs what was made or renamed in a folder. Windows has no such call; there, the file system journals it.
pub(super) fn sync_folder(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}
