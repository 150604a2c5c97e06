//! Modes.

use std::fs::{Permissions, metadata, set_permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Readers;

/// The bit that lets everybody read. A group is somebody's choice.
const EVERYBODY: u32 = 0o004;

pub(super) fn make_private(folder: &Path) -> io::Result<()> {
    set_permissions(folder, Permissions::from_mode(0o700))
}

pub(super) fn readers(path: &Path) -> Readers {
    match metadata(path) {
        Ok(facts) if facts.permissions().mode() & EVERYBODY == 0 => Readers::OwnerOnly,
        Ok(_) => Readers::Others(vec!["everybody".to_owned()]),
        Err(error) => Readers::Unknown(error.to_string()),
    }
}

pub(super) fn remedy(path: &Path) -> String {
    format!("chmod o-rwx '{}'", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_everybody_can_read_is_noticed_and_a_group_is_not() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let others = Readers::Others(vec!["everybody".to_owned()]);
        for (mode, expected) in [(0o600, Readers::OwnerOnly), (0o640, Readers::OwnerOnly), (0o644, others)] {
            set_permissions(file.path(), Permissions::from_mode(mode)).expect("set");
            assert_eq!(readers(file.path()), expected, "{mode:o}");
        }
        assert!(matches!(readers(Path::new("/nowhere/at/all")), Readers::Unknown(_)));
    }

    #[test]
    fn a_private_folder_is_closed_to_all_others() {
        let folder = tempfile::tempdir().expect("a folder");
        set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("set");
        make_private(folder.path()).expect("made private");
        assert_eq!(metadata(folder.path()).expect("is there").permissions().mode() & 0o777, 0o700);
    }
}
