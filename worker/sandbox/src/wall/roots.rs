//! The parts of a system that tools need to run at all.

use std::path::PathBuf;

/// Folders of programs, libraries and headers. Not all of `/usr`: what people put into `/usr/local` is theirs.
const SYSTEM: &[&str] = &[
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libx32",
    "/usr/libexec",
    "/usr/include",
    "/usr/share/cc65",
];

/// Folders that are links into `/usr` on most systems, and folders of their own on others.
const OLD: &[&str] = &["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// What the loader and the links of Debian's alternatives look at; names, no content.
const FILES: &[&str] = &["/etc/ld.so.cache", "/etc/alternatives"];

/// Everything of the system that is there and no link.
pub(super) fn system() -> Vec<PathBuf> {
    let paths = [SYSTEM, OLD, FILES].concat().into_iter().map(PathBuf::from);
    paths.filter(|path| path.exists() && !path.is_symlink()).collect()
}

/// The old folders that are links, with where they lead.
pub(super) fn links() -> Vec<(PathBuf, PathBuf)> {
    let link = |path: &&str| Some((PathBuf::from(path), std::fs::read_link(path).ok()?));
    OLD.iter().filter_map(link).collect()
}
