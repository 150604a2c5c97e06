//! What tests may use of the folder that outlives a clone: models, engines, a Python with packages.

use std::path::PathBuf;

/// A place of the cache, by variable or where `scripts/setup.sh` puts it.
#[must_use]
pub fn cached(variable: &str, name: &str) -> Option<PathBuf> {
    let usual = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
        Some(cache.join("hafs-factory").join(name))
    };
    std::env::var_os(variable).map(PathBuf::from).or_else(usual)
}
