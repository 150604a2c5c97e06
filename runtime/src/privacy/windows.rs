//! Access control lists, by the system's own `icacls`: read and written in the form that is the same in every language.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Readers, sddl};

/// Whoever owns a file. Source: Microsoft, "Well-known SIDs" (also of the two below).
const OWNER: &str = "*S-1-3-4";
const SYSTEM: &str = "*S-1-5-18";
const ADMINISTRATORS: &str = "*S-1-5-32-544";
/// The rights, and their inheritance by files and folders.
const ALL: &str = ":(OI)(CI)F";

pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    let grants = [OWNER, SYSTEM, ADMINISTRATORS].map(|who| format!("{who}{ALL}"));
    let mut arguments = vec![folder.as_os_str(), OsStr::new("/inheritance:r")];
    for grant in &grants {
        arguments.extend([OsStr::new("/grant:r"), OsStr::new(grant)]);
    }
    icacls(&arguments)
}

/// The list as `icacls` saves it, by way of a file in the user's own temporary folder.
pub(super) fn readers(path: &Path) -> Readers {
    let saved = tempfile::tempdir().and_then(|folder| {
        let file = folder.path().join("acl");
        icacls(&[path.as_os_str(), OsStr::new("/save"), file.as_os_str()])?;
        std::fs::read(file)
    });
    match saved.map(|bytes| sddl::saved(&bytes)) {
        Ok(Some(list)) => sddl::readers(&list),
        Ok(None) => Readers::Unknown("icacls saved no access control list".to_owned()),
        Err(error) => Readers::Unknown(format!("icacls: {error}")),
    }
}

pub(super) fn remedy(path: &Path) -> String {
    format!("icacls \"{}\" /inheritance:r /grant:r {OWNER}{ALL} {SYSTEM}{ALL}", path.display())
}

fn icacls(arguments: &[&OsStr]) -> io::Result<()> {
    // Named in full: the search path is anybody's.
    let root = std::env::var_os("SystemRoot").map_or_else(|| PathBuf::from(r"C:\Windows"), PathBuf::from);
    let mut command = Command::new(root.join("System32").join("icacls.exe"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("icacls ended with {status}"))) }
}
