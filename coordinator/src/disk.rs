//! The disk that holds the data: one question to the system, cheap enough to be asked with every claim.

use hafs_domain::room::Room;

use crate::settings::Settings;

/// Free and total bytes of the disk that holds the data.
///
/// # Errors
/// The operating system's, when the folder is gone.
pub fn space(settings: &Settings) -> std::io::Result<(u64, u64)> {
    Ok((fs4::available_space(&settings.data_dir)?, fs4::total_space(&settings.data_dir)?))
}

/// How much room it has; ample where the system does not tell, because a write that finds none is refused anyway.
#[must_use]
pub fn room(settings: &Settings) -> Room {
    space(settings).map_or(Room::Ample, |(free, total)| Room::of(free, total))
}
