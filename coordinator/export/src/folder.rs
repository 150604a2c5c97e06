//! Folders that appear whole or not at all.
//!
//! A data set is written to `.<name>.<id>.partial` beside its target, every file and folder is flushed to disk,
//! and the folder is renamed into place. Files are only ever created new, which follows no link and opens no
//! FIFO or device. A writer holds a shared lock on the parent folder; whoever removes leftovers holds it alone,
//! so a living writer's folder is never taken for a leftover.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use hafs_proto::DatasetId;
use sha2::{Digest, Sha256};

use crate::error::ExportError;
use crate::input::Settings;
use crate::manifest::FileEntry;
use crate::name::DatasetName;

/// A folder that is being written. Dropped before [`Partial::commit`] has succeeded, it removes what it wrote.
#[derive(Debug)]
pub(crate) struct Partial {
    parent: PathBuf,
    target: PathBuf,
    /// Where it stands now.
    path: PathBuf,
    /// Whether it is whole and in place.
    kept: bool,
    /// Keeps [`clean_partials`] away for as long as the writer lives.
    _lock: File,
}

impl Partial {
    /// Begins a folder that will be called `name`.
    pub fn begin(parent: &Path, name: &DatasetName, id: DatasetId) -> Result<Self, ExportError> {
        fs::create_dir_all(parent).map_err(|source| no_parent(parent, source))?;
        let lock = open_parent(parent)?;
        lock.try_lock_shared().map_err(|error| refused(parent, error))?;
        let target = parent.join(name.as_str());
        refuse_existing(&target)?;
        let path = parent.join(partial_name(name, id));
        fs::create_dir(&path).map_err(ExportError::io("create", &path))?;
        Ok(Self { parent: parent.to_owned(), target, path, kept: false, _lock: lock })
    }

    /// A new file, by its path with `/`; makes the folder that it is in.
    pub fn create(&self, file: &str) -> Result<OutFile, ExportError> {
        let path = self.path.join(file);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(ExportError::io("create", folder))?;
        }
        let out = OpenOptions::new().write(true).create_new(true).open(&path);
        let out = out.map_err(ExportError::io("create", &path))?;
        let hashing = Hashing { out, hash: Sha256::new(), bytes: 0, lines: 0 };
        Ok(OutFile { path, out: BufWriter::new(hashing) })
    }

    /// Writes a whole file.
    pub fn write(&self, file: &str, contents: &[u8]) -> Result<FileEntry, ExportError> {
        let mut out = self.create(file)?;
        out.append(|bytes| bytes.write_all(contents))?;
        out.finish()
    }

    /// Flushes the folders and puts the whole into place.
    pub fn commit(mut self) -> Result<PathBuf, ExportError> {
        sync_tree(&self.path)?;
        refuse_existing(&self.target)?;
        fs::rename(&self.path, &self.target).map_err(|source| self.not_renamed(source))?;
        self.path.clone_from(&self.target);
        sync_folder(&self.parent)?;
        self.kept = true;
        Ok(self.target.clone())
    }

    /// A rename over a folder that another writer has put there meanwhile fails in many ways.
    fn not_renamed(&self, source: io::Error) -> ExportError {
        match refuse_existing(&self.target) {
            Err(exists @ ExportError::Exists { .. }) => exists,
            Ok(()) | Err(_) => {
                ExportError::Io { action: "rename into place", path: self.target.clone(), source }
            }
        }
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.kept {
            // What cannot be removed now is removed by `clean_partials` later.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// A file that is being written and hashed.
#[derive(Debug)]
pub(crate) struct OutFile {
    path: PathBuf,
    out: BufWriter<Hashing>,
}

#[derive(Debug)]
struct Hashing {
    out: File,
    hash: Sha256,
    bytes: u64,
    lines: u64,
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        let bytes = &bytes[..written];
        self.hash.update(bytes);
        self.bytes += written as u64;
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl OutFile {
    /// Appends what `write` writes.
    pub fn append(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), ExportError> {
        write(&mut self.out).map_err(ExportError::io("write", &self.path))
    }

    /// Flushes the file to disk.
    pub fn finish(self) -> Result<FileEntry, ExportError> {
        let Self { path, out } = self;
        let fail = ExportError::io("write", &path);
        let done = out.into_inner().map_err(io::IntoInnerError::into_error);
        let flushed = done.and_then(|hashing| hashing.out.sync_all().map(|()| hashing)).map_err(fail)?;
        let sha256 = hex(&flushed.hash.finalize());
        Ok(FileEntry { sha256, bytes: flushed.bytes, lines: flushed.lines })
    }
}

/// Removes the folders that writers have left in `parent` when they died, and names them. Does nothing while a
/// writer is at work there, nor when the folder does not exist. Links are left alone.
///
/// # Errors
/// [`ExportError::NoFolder`] when `parent` is no plain folder, [`ExportError::Io`] when the file system refuses.
pub fn clean_partials(parent: &Path) -> Result<Vec<PathBuf>, ExportError> {
    if let Err(error) = fs::symlink_metadata(parent)
        && error.kind() == io::ErrorKind::NotFound
    {
        return Ok(Vec::new());
    }
    let lock = open_parent(parent)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Ok(Vec::new()),
        Err(fs::TryLockError::Error(source)) => return Err(ExportError::io("lock", parent)(source)),
    }
    let mut removed = Vec::new();
    for entry in fs::read_dir(parent).map_err(ExportError::io("read", parent))? {
        let entry = entry.map_err(ExportError::io("read", parent))?;
        let folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if folder && entry.file_name().to_str().is_some_and(is_partial) {
            let path = entry.path();
            fs::remove_dir_all(&path).map_err(ExportError::io("remove", &path))?;
            removed.push(path);
        }
    }
    removed.sort();
    Ok(removed)
}

/// Takes a data set away again that was written with these settings, because its row could not be stored. It becomes a
/// leftover first, so that a removal that is cut short is finished by [`clean_partials`].
///
/// # Errors
/// [`ExportError::Io`] when the file system refuses, [`ExportError::Busy`] while leftovers are being removed.
pub fn withdraw(settings: &Settings) -> Result<(), ExportError> {
    let (parent, name) = (&settings.parent, &settings.name);
    let lock = open_parent(parent)?;
    lock.try_lock_shared().map_err(|error| refused(parent, error))?;
    let (target, leftover) = (parent.join(name.as_str()), parent.join(partial_name(name, settings.id)));
    fs::rename(&target, &leftover).map_err(ExportError::io("rename", &target))?;
    sync_folder(parent)?;
    fs::remove_dir_all(&leftover).map_err(ExportError::io("remove", &leftover))
}

/// What a folder is called while it is not a data set yet, or any more.
fn partial_name(name: &DatasetName, id: DatasetId) -> String {
    format!(".{name}.{id}.partial")
}

fn is_partial(name: &str) -> bool {
    let parts = name.strip_prefix('.').and_then(|rest| rest.strip_suffix(".partial")?.split_once('.'));
    parts.is_some_and(|(name, id)| name.parse::<DatasetName>().is_ok() && id.parse::<DatasetId>().is_ok())
}

/// What stands at `path`, without following a link: `None` for a plain folder.
pub(crate) fn not_a_folder(path: &Path) -> io::Result<Option<&'static str>> {
    let kind = fs::symlink_metadata(path)?.file_type();
    Ok(match (kind.is_dir(), kind.is_symlink()) {
        (true, _) => None,
        (false, true) => Some("a symbolic link"),
        (false, false) => Some("no folder"),
    })
}

fn no_parent(parent: &Path, source: io::Error) -> ExportError {
    match not_a_folder(parent) {
        Ok(Some(found)) => ExportError::NoFolder { path: parent.to_owned(), found },
        Ok(None) | Err(_) => ExportError::io("create", parent)(source),
    }
}

/// Opens the folder whose lock tells writers and cleaners apart.
fn open_parent(parent: &Path) -> Result<File, ExportError> {
    let fail = |source| ExportError::io("open", parent)(source);
    if let Some(found) = not_a_folder(parent).map_err(fail)? {
        return Err(ExportError::NoFolder { path: parent.to_owned(), found });
    }
    lockable(parent).map_err(fail)
}

#[cfg(unix)]
fn lockable(parent: &Path) -> io::Result<File> {
    File::open(parent)
}

/// Folders cannot be opened here, so a file in them stands for them.
#[cfg(not(unix))]
fn lockable(parent: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(parent.join(".hafs-export.lock"))
}

fn refused(parent: &Path, error: fs::TryLockError) -> ExportError {
    match error {
        fs::TryLockError::WouldBlock => ExportError::Busy { path: parent.to_owned() },
        fs::TryLockError::Error(source) => ExportError::io("lock", parent)(source),
    }
}

fn refuse_existing(target: &Path) -> Result<(), ExportError> {
    match fs::symlink_metadata(target) {
        Ok(_) => Err(ExportError::Exists { path: target.to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(ExportError::io("look at", target)(source)),
    }
}

/// Flushes a folder and the folders in it; a data set is two levels deep.
fn sync_tree(path: &Path) -> Result<(), ExportError> {
    for entry in fs::read_dir(path).map_err(ExportError::io("read", path))? {
        let entry = entry.map_err(ExportError::io("read", path))?;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sync_folder(&entry.path())?;
        }
    }
    sync_folder(path)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), ExportError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(ExportError::io("flush", path))
}

/// Folders cannot be flushed here; the file system journals the rename.
#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> Result<(), ExportError> {
    Ok(())
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
