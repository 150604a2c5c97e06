//! The file itself: a zip archive, which every system opens. Nothing in it is compressed, so that one can search it for
//! what should not be there.

use std::io::{self, Cursor, Write as _};
use std::path::Path;

use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::gather::Section;

/// Why the bundle could not be written.
#[derive(Debug, Error)]
pub enum BundleError {
    /// Sections could not be put together.
    #[error("cannot put the bundle together")]
    Pack(#[from] zip::result::ZipError),
    /// A section could not be added.
    #[error("cannot add to the bundle")]
    Add(#[from] io::Error),
    /// The disk refused.
    #[error("cannot write {path}: choose another place with --out")]
    Write {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Writes the sections to a new file; gives its size in bytes.
///
/// # Errors
/// [`BundleError`]; nothing is overwritten.
pub fn write(path: &Path, sections: &[Section]) -> Result<u64, BundleError> {
    let packed = packed(sections)?;
    let failed = |source| BundleError::Write { path: path.display().to_string(), source };
    let mut file = std::fs::File::create_new(path).map_err(failed)?;
    file.write_all(&packed).and_then(|()| file.sync_all()).map_err(failed)?;
    Ok(packed.len() as u64)
}

/// The bytes of the file.
///
/// # Errors
/// [`BundleError`] when a section is larger than such a file can hold.
pub fn packed(sections: &[Section]) -> Result<Vec<u8>, BundleError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for section in sections {
        zip.start_file(section.name, stored)?;
        zip.write_all(section.text.as_bytes())?;
    }
    Ok(zip.finish()?.into_inner())
}
