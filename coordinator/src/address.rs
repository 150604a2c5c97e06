//! The address file: how programs on this machine reach a running coordinator.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use hafs_proto::Pin;
use serde::{Deserialize, Serialize};

use crate::app::StartError;
use crate::settings::Settings;

/// What the file holds. Readable for its owner only, because of the token.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressFile {
    /// The base address.
    pub url: String,
    /// A token with every scope of people.
    pub token: String,
    /// The coordinator's process.
    pub pid: u32,
    /// The key that it has, if it speaks TLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
}

/// Reads the address file of a data folder, if there is one.
///
/// # Errors
/// When it is there and cannot be read.
pub fn read(settings: &Settings) -> io::Result<Option<AddressFile>> {
    match fs::read(settings.address_path()) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::from),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn write(settings: &Settings, file: &AddressFile) -> Result<(), StartError> {
    let path = settings.address_path();
    replace(&path, file).map_err(|source| StartError::AddressFile { path, source })
}

fn replace(path: &Path, file: &AddressFile) -> io::Result<()> {
    let new = path.with_extension("json.new");
    if let Err(error) = fs::remove_file(&new)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&new)?;
    serde_json::to_writer(&mut out, file)?;
    out.flush()?;
    fs::rename(&new, path)
}

/// Takes the file away, unless another coordinator has written its own meanwhile.
pub(crate) fn remove(settings: &Settings) {
    if let Ok(Some(file)) = read(settings)
        && file.pid == std::process::id()
    {
        // A file that stays behind does no harm: its address does not answer and its token is revoked.
        let _ = fs::remove_file(settings.address_path());
    }
}
