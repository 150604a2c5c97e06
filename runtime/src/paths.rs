//! Where things lie by default.

use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::env::Environment;

/// Name of our folder inside the folders of the user.
const FOLDER: &str = "hafs-factory";

/// The folders that defaults and `~` are resolved against. Nothing here touches the disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    home: Option<PathBuf>,
    data: Option<PathBuf>,
    cache: Option<PathBuf>,
}

/// A path that stands for a folder nobody has named.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "`{0}` stands for a folder inside the home folder, but HOME is not set; set HAFS_HOME to the folder to use"
)]
pub struct Homeless(&'static str);

impl Places {
    /// The folders as the environment names them.
    ///
    /// Data: `HAFS_HOME`, else `hafs-factory` in `XDG_DATA_HOME`, else `~/.local/share/hafs-factory` (on Windows
    /// `hafs-factory` in `LOCALAPPDATA`). Cache: `hafs-factory` in `XDG_CACHE_HOME`, else `~/.cache/hafs-factory`,
    /// else `cache` in the data folder.
    /// Source: XDG Base Directory Specification 0.8.
    #[must_use]
    pub fn new(env: &Environment) -> Self {
        let folder = |name: &str| env.get(name).map(PathBuf::from);
        // The XDG specification says that relative paths are to be ignored.
        let absolute = |name: &str| folder(name).filter(|path| path.is_absolute());
        let home = folder(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
        let user_data = if cfg!(windows) {
            folder("LOCALAPPDATA")
        } else {
            absolute("XDG_DATA_HOME").or_else(|| Some(home.as_ref()?.join(".local/share")))
        };
        let data = folder("HAFS_HOME").or_else(|| Some(user_data?.join(FOLDER)));
        let user_cache = absolute("XDG_CACHE_HOME").or_else(|| Some(home.as_ref()?.join(".cache")));
        let cache = if cfg!(windows) { None } else { user_cache.map(|folder| folder.join(FOLDER)) };
        Self { cache: cache.or_else(|| Some(data.as_ref()?.join("cache"))), home, data }
    }

    /// The folder for what must last: the library, spools, data sets.
    ///
    /// # Errors
    /// [`Homeless`] when neither `HAFS_HOME` nor a home folder is known.
    pub fn data_dir(&self) -> Result<&Path, Homeless> {
        self.data.as_deref().ok_or(Homeless("{data}"))
    }

    /// The folder for models.
    ///
    /// # Errors
    /// [`Homeless`] when neither `HAFS_HOME` nor a home folder is known.
    pub fn models_dir(&self) -> Result<PathBuf, Homeless> {
        Ok(self.cache.as_deref().ok_or(Homeless("{cache}"))?.join("models"))
    }

    /// Replaces a leading `~`, `{data}` or `{cache}` by its folder; any other path stays as it is.
    ///
    /// # Errors
    /// [`Homeless`] when that folder is not known.
    pub fn expand(&self, path: &str) -> Result<PathBuf, Homeless> {
        let (first, rest) = path.split_once(['/', std::path::MAIN_SEPARATOR]).unwrap_or((path, ""));
        let folder = match first {
            "~" => self.home.as_ref().ok_or(Homeless("~"))?,
            "{data}" => self.data.as_ref().ok_or(Homeless("{data}"))?,
            "{cache}" => self.cache.as_ref().ok_or(Homeless("{cache}"))?,
            _ => return Ok(PathBuf::from(path)),
        };
        // `join("")` would leave a separator at the end.
        Ok(if rest.is_empty() { folder.clone() } else { folder.join(rest) })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn places(pairs: &[(&str, &str)]) -> Places {
        Places::new(&pairs.iter().copied().collect())
    }

    #[test]
    fn data_lies_in_hafs_home_else_in_the_xdg_folder_else_in_the_home_folder() {
        let data = |pairs: &[(&str, &str)]| places(pairs).data_dir().map(Path::to_owned);
        assert_eq!(data(&[("HOME", "/h")]), Ok("/h/.local/share/hafs-factory".into()));
        assert_eq!(data(&[("HOME", "/h"), ("XDG_DATA_HOME", "/x")]), Ok("/x/hafs-factory".into()));
        assert_eq!(
            data(&[("HOME", "/h"), ("XDG_DATA_HOME", "x")]),
            Ok("/h/.local/share/hafs-factory".into())
        );
        assert_eq!(data(&[("HOME", "/h"), ("HAFS_HOME", "/d")]), Ok("/d".into()));
        assert!(data(&[]).expect_err("no folder").to_string().contains("set HAFS_HOME"));
    }

    #[test]
    fn models_lie_in_the_cache_so_that_all_data_folders_share_them() {
        let models = |pairs: &[(&str, &str)]| places(pairs).models_dir();
        assert_eq!(
            models(&[("HOME", "/h"), ("HAFS_HOME", "/d")]),
            Ok("/h/.cache/hafs-factory/models".into())
        );
        assert_eq!(models(&[("XDG_CACHE_HOME", "/c")]), Ok("/c/hafs-factory/models".into()));
        assert_eq!(models(&[("HAFS_HOME", "/d")]), Ok("/d/cache/models".into()));
    }

    #[test]
    fn only_a_leading_placeholder_is_expanded() {
        let places = places(&[("HOME", "/h"), ("HAFS_HOME", "/d")]);
        for (text, path) in [
            ("~", "/h"),
            ("~/.context/training", "/h/.context/training"),
            ("{data}/spool", "/d/spool"),
            ("{cache}/models", "/h/.cache/hafs-factory/models"),
            ("~other/x", "~other/x"),
            ("a/~/b", "a/~/b"),
            ("/abs", "/abs"),
        ] {
            assert_eq!(places.expand(text), Ok(path.into()), "{text}");
        }
    }
}
