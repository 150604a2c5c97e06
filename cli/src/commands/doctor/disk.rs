//! Room on the disks, and folders that can be written to.

use std::path::{Path, PathBuf};

use hafs_runtime::config::Config;
use sysinfo::Disks;

use super::{Level, Line};
use crate::compose::dataset;
use crate::text::bytes;

/// Below this a run may end for want of room.
const LITTLE: u64 = 2 << 30;
/// Below this it will.
const TOO_LITTLE: u64 = 200 << 20;

/// Looks at the folders of the library, the data sets and the models.
pub fn lines(config: &Config) -> Vec<Line> {
    let disks = Disks::new_with_refreshed_list();
    let folders = [
        ("data folder", &config.coordinator.data_dir),
        ("output folder", &config.training.output_dir),
        ("models folder", &config.embedded.models_dir),
    ];
    folders
        .into_iter()
        .map(|(part, folder)| {
            if let Err(failure) = dataset::writable(folder) {
                return Line::not(Level::Fail, part, failure.summary(), "make it writable or choose another");
            }
            room(part, folder, disks.as_ref().ok().and_then(|disks| free(disks, folder)))
        })
        .collect()
}

fn room(part: &str, folder: &Path, free: Option<u64>) -> Line {
    let folder = folder.display();
    let Some(free) = free else {
        return Line::ok(
            part,
            format!("{folder}: can be written to (the system does not say how much is free)"),
        );
    };
    let found = format!("{folder}: {} free", bytes(free));
    match free {
        0..TOO_LITTLE => Line::not(Level::Fail, part, found, "free some space"),
        TOO_LITTLE..LITTLE => Line::not(Level::Warn, part, found, "free some space before a long run"),
        LITTLE.. => Line::ok(part, found),
    }
}

/// Free bytes on the disk that holds the folder.
fn free(disks: &Disks, folder: &Path) -> Option<u64> {
    let folder: PathBuf = folder.canonicalize().ok()?;
    let holds = disks.iter().filter(|disk| folder.starts_with(disk.mount_point()));
    let inner = holds.max_by_key(|disk| disk.mount_point().as_os_str().len())?;
    Some(inner.available_space())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_room_is_a_warning_and_hardly_any_a_failure() {
        let level = |free| room("data folder", Path::new("/x"), free).level;
        let levels = [Some(1), Some(1 << 30), Some(1 << 40), None].map(level);
        assert_eq!(levels, [Level::Fail, Level::Warn, Level::Ok, Level::Ok]);
    }
}
