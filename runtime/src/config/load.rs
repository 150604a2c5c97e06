//! Loading: file, then environment, then flags.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

use super::document::{self, Table};
use super::layers::{self, Override};
use super::mistake::{Mistake, Mistakes, Origin};
use super::reader::{Report, refuse_unknown_sections, section, sections};
use super::{Config, Effective};
use crate::env::Environment;
use crate::paths::Places;

/// The file that is looked for in the working folder.
pub const FILE_NAME: &str = "hafs.toml";
/// The variable that names another file.
const FILE_VARIABLE: &str = "HAFS_CONFIG";
/// Bytes of the file at most.
const FILE_BYTES: u64 = 1024 * 1024;
/// Mistakes that are told one by one.
const MISTAKES: usize = 100;

/// What to load.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The file that a flag names. It must exist; `None`: the file that `HAFS_CONFIG` names, which must exist,
    /// else `hafs.toml` in the working folder if there is one, else defaults.
    pub file: Option<&'a Path>,
    /// The environment.
    pub env: &'a Environment,
    /// Keys set by flags.
    pub flags: &'a [Override],
}

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("could not read the configuration file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is no configuration.
    #[error("{} is over {FILE_BYTES} bytes; that is no configuration file", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// It was read and is wrong.
    #[error(transparent)]
    Wrong(#[from] Mistakes),
}

/// Loads and checks the configuration.
///
/// # Errors
/// [`LoadError`]; every mistake of every layer is in it.
pub fn load(request: Request<'_>) -> Result<Config, LoadError> {
    let path = locate(request);
    let text = match &path {
        Some(path) => read(path)?,
        None => String::new(),
    };
    let path = path.unwrap_or_else(|| FILE_NAME.into());
    Ok(parse(&text, &path, request.env, request.flags)?)
}

fn locate(request: Request<'_>) -> Option<PathBuf> {
    let named =
        request.file.map(Path::to_owned).or_else(|| request.env.get(FILE_VARIABLE).map(PathBuf::from));
    named.or_else(|| Some(PathBuf::from(FILE_NAME)).filter(|path| path.exists()))
}

fn read(path: &Path) -> Result<String, LoadError> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(FILE_BYTES + 1).read_to_string(&mut text))
        .map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    if text.len() as u64 > FILE_BYTES { Err(LoadError::TooLong { path: path.to_owned() }) } else { Ok(text) }
}

/// Checks a configuration whose file's content is at hand. `file` is its path, for messages and for relative
/// paths inside it.
///
/// # Errors
/// All [`Mistakes`].
pub fn parse(text: &str, file: &Path, env: &Environment, flags: &[Override]) -> Result<Config, Mistakes> {
    let mut report = Report::default();
    let mut root = document::parse(text, file, &mut report.mistakes);
    layers::lay_environment(&mut root, env, &mut report);
    layers::lay_flags(&mut root, flags, &mut report);
    let config = assemble(&root, &Places::new(env), &mut report);
    let Report { mistakes, warnings, origins } = report;
    match config {
        Some(config) if mistakes.is_empty() => Ok(Config { origins, warnings, ..config }),
        // Proof of "not empty": a section comes to nothing only after a mistake was reported.
        _ => Err(Mistakes(first_of(mistakes, file))),
    }
}

/// As many mistakes as somebody may read, and how many there are besides.
fn first_of(mut mistakes: Vec<Mistake>, file: &Path) -> Vec<Mistake> {
    let more = mistakes.len().saturating_sub(MISTAKES);
    if more > 0 {
        mistakes.truncate(MISTAKES);
        let origin = Origin::File { path: file.to_owned(), line: 1 };
        let (reason, remedy) = (format!("and {more} more mistakes"), String::new());
        mistakes.push(Mistake { origin, key: String::new(), value: None, reason, remedy });
    }
    mistakes
}

fn assemble(root: &Table, places: &Places, report: &mut Report) -> Option<Config> {
    refuse_unknown_sections(root, report);
    // Every section is read before any missing one ends the whole.
    let training = section(root, places, report);
    let run = section(root, places, report);
    let gates = section(root, places, report);
    let providers = sections(root, places, report);
    let embedded = section(root, places, report);
    let sources = sections(root, places, report);
    let validators = sections(root, places, report);
    let graphs = sections(root, places, report);
    let prompts = section(root, places, report);
    let coordinator = section(root, places, report);
    let worker = section(root, places, report);
    let export = section(root, places, report);
    Some(Config {
        training: training?,
        run: run?,
        gates: gates?,
        providers,
        embedded: embedded?,
        sources,
        validators,
        graphs,
        prompts: prompts?,
        coordinator: coordinator?,
        worker: worker?,
        export: export?,
        origins: std::collections::BTreeMap::new(),
        warnings: Vec::new(),
    })
}

/// What `config check` says, for people and as JSON.
#[derive(Debug, Serialize)]
pub struct CheckReport {
    /// Whether the configuration can be used.
    pub valid: bool,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
    /// What is wrong.
    pub errors: Vec<Mistake>,
    /// What would keep a run from being started, and keys without effect.
    pub warnings: Vec<Mistake>,
    /// Every value in effect with its origin; empty if there are errors.
    pub values: Vec<Effective>,
    /// The fingerprint of the values that influence results.
    pub fingerprint: Option<hafs_proto::ContentHash>,
}

/// Checks the configuration without using it.
///
/// # Errors
/// [`LoadError`] when the file cannot be read at all; what is wrong inside it stands in the report.
pub fn check(request: Request<'_>) -> Result<CheckReport, LoadError> {
    let file = locate(request);
    match load(request) {
        Ok(config) => Ok(CheckReport {
            valid: true,
            file,
            errors: Vec::new(),
            warnings: config.warnings().0,
            values: config.values(),
            fingerprint: Some(config.fingerprint()),
        }),
        Err(LoadError::Wrong(Mistakes(errors))) => {
            let (warnings, values) = (Vec::new(), Vec::new());
            Ok(CheckReport { valid: false, file, errors, warnings, values, fingerprint: None })
        }
        Err(error @ (LoadError::Read { .. } | LoadError::TooLong { .. })) => Err(error),
    }
}
