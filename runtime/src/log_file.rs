//! A log on disk of bounded size, for a program that has no standard error, such as a service of Windows.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file that has this many bytes is put aside; one that was put aside is kept.
const MOST_BYTES: u64 = 10 * 1024 * 1024;

/// Appends to a file; when it is full, it becomes `NAME.1` and a new one begins.
#[derive(Debug)]
pub struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    most: u64,
}

impl LogFile {
    /// Opens the file, or makes it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::with_limit(path, MOST_BYTES)
    }

    fn with_limit(path: &Path, most: u64) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, bytes, most })
    }

    fn begin_anew(&mut self) -> io::Result<()> {
        let mut aside = self.path.clone().into_os_string();
        aside.push(".1");
        fs::rename(&self.path, aside)?;
        *self = Self::with_limit(&self.path, self.most)?;
        Ok(())
    }
}

impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A reader that holds the old file delays the change; the log goes on in it.
        if self.bytes > 0 && self.bytes + bytes.len() as u64 > self.most && self.begin_anew().is_err() {
            self.bytes = 0;
        }
        let written = self.file.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_its_last_lines_and_never_takes_more_than_twice_its_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("worker.log");
        for start in 0..4 {
            // Also over restarts.
            let mut log = LogFile::with_limit(&path, 100).expect("opens");
            for line in 0..25 {
                writeln!(log, "start {start} line {line:02}").expect("written");
            }
        }
        let size = |name: &str| fs::metadata(folder.path().join(name)).expect("is there").len();
        assert!(size("worker.log") <= 100 && size("worker.log.1") <= 100);
        assert!(fs::read_to_string(&path).expect("read").ends_with("start 3 line 24\n"));
        assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 2);
    }
}
