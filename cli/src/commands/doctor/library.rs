//! Whether the library is sound.

use hafs_coordinator::settings::Settings;
use hafs_library::Library;
use hafs_library::verify::integrity;
use hafs_runtime::config::Config;

use super::{Level, Line};
use crate::failure::Failure;

const PART: &str = "library";

/// Looks at the file; `verify` looks at the rows.
///
/// # Errors
/// [`Failure`] when the look itself panics.
pub async fn line(config: &Config) -> Result<Line, Failure> {
    let library = match Settings::from(config).library_address() {
        Ok(library) => library,
        Err(error) => {
            let found = Failure::from(error).summary();
            let remedy = "correct `coordinator.library` or the file that `coordinator.library_file` names";
            return Ok(Line::not(Level::Fail, PART, found, remedy));
        }
    };
    if library.is_missing_file() {
        return Ok(Line::ok(PART, format!("none at {library} yet; the first run makes it")));
    }
    let at = library.clone();
    let found = tokio::task::spawn_blocking(move || Library::inspect(&at, integrity)).await?;
    Ok(match found {
        Ok(broken) if broken.is_empty() => Line::ok(PART, format!("{library}: sound")),
        Ok(broken) => {
            let what: Vec<&str> = broken.iter().take(3).map(|row| row.what.as_str()).collect();
            let found = format!("{library} is damaged: {}", what.join("; "));
            Line::not(Level::Fail, PART, found, "`hafs-factory verify` names every row; restore a backup")
        }
        Err(error) => {
            let remedy = "mend what it names, use a program of the library's version, or restore a backup";
            Line::not(Level::Fail, PART, error.to_string(), remedy)
        }
    })
}
