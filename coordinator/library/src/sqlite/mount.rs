//! Network file systems, on which SQLite's locks and shared memory do not work.

use std::path::Path;

use crate::error::StoreError;

const NETWORK: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "lustre",
    "glusterfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "fuse.rclone",
    "fuse.s3fs",
    "ncpfs",
    "beegfs",
];

/// Refuses a library on a network file system, where the system tells the kind (Linux).
pub(crate) fn refuse_network(path: &Path) -> Result<(), StoreError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let (Ok(folder), Ok(mounts)) = (folder.canonicalize(), std::fs::read_to_string("/proc/self/mountinfo"))
    else {
        return Ok(());
    };
    match kind_of(&mounts, &folder).filter(|kind| NETWORK.contains(kind)) {
        None => Ok(()),
        Some(kind) => {
            let why =
                format!("its folder is on a network file system ({kind}): move the library to a local disk");
            Err(StoreError::unusable(path, why))
        }
    }
}

/// The file system of the innermost mount that holds `folder`.
/// Source: proc(5), `/proc/pid/mountinfo`: field 5 is the mount point, the first field after ` - ` the kind.
fn kind_of<'m>(mounts: &'m str, folder: &Path) -> Option<&'m str> {
    let mount = |line: &'m str| {
        let (fields, rest) = line.split_once(" - ")?;
        let point = fields.split(' ').nth(4)?.replace("\\040", " ");
        let kind = rest.split(' ').next()?;
        folder.starts_with(&point).then(|| (Path::new(&point).components().count(), kind))
    };
    // The last of equals wins: a later mount hides an earlier one at the same place.
    mounts.lines().filter_map(mount).max_by_key(|(depth, _)| *depth).map(|(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 1 0:21 / / rw - ext4 /dev/vda rw\n\
        30 22 0:40 / /home rw,relatime shared:1 - nfs4 server:/home rw\n\
        31 30 0:41 / /home/my\\040disk rw - ext4 /dev/vdb rw";

    #[test]
    fn the_innermost_mount_decides() {
        assert_eq!(kind_of(MOUNTS, Path::new("/var/lib")), Some("ext4"));
        assert_eq!(kind_of(MOUNTS, Path::new("/home/anna")), Some("nfs4"));
        assert_eq!(kind_of(MOUNTS, Path::new("/home/my disk/x")), Some("ext4"));
        assert_eq!(kind_of("", Path::new("/")), None);
        assert_eq!(kind_of("garbage - \n - \n", Path::new("/")), None);
    }
}
