//! How many processes and threads a user has, because the system's limit counts them all.

#[cfg(target_os = "linux")]
pub(crate) fn tasks_of(user: u32) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let Ok(entries) = std::fs::read_dir("/proc") else { return 0 };
    let processes = entries.flatten().filter(|entry| {
        entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit)
            && entry.metadata().is_ok_and(|facts| facts.uid() == user)
    });
    let threads = processes.map(|entry| {
        // One that has ended meanwhile counts for one.
        std::fs::read_dir(entry.path().join("task")).map_or(1, |tasks| tasks.count() as u64)
    });
    threads.sum()
}
