//! From settings to validators that work on this machine, and the reasons of those that do not.

use std::path::Path;
use std::sync::Arc;

use hafs_sandbox::{Level, Refusal, Sandbox, Tool, ToolError};

use crate::assembler::{Asar, Assembler, Ca65};
use crate::cpp::Cpp;
use crate::links::LinkTargets;
use crate::program::Program;
use crate::settings::{ValidatorKind, ValidatorSettings};
use crate::validator::Validator;

/// Compilers of C++, the preferred one first.
const COMPILERS: &[&str] = &["g++", "clang++"];

/// What of the settings works here.
#[derive(Debug, Default)]
pub struct Equipped {
    /// Validators whose program was found, runs and leaks nothing.
    pub validators: Vec<Arc<dyn Validator>>,
    /// What is configured and does not work, for people.
    pub missing: Vec<String>,
    /// The walls that programs run behind; none where the sandbox was not opened.
    pub level: Option<Level>,
}

/// Tries every validator of the settings. The sandbox is opened once, and not at all when nothing is configured.
/// `launcher` is a program that calls [`hafs_sandbox::launcher::take_over`] first thing.
#[must_use]
pub fn equip(settings: &[ValidatorSettings], launcher: &Path) -> Equipped {
    if settings.is_empty() {
        return Equipped::default();
    }
    equip_in(settings, Sandbox::open(launcher))
}

/// The same in a sandbox that was opened already.
#[must_use]
pub fn equip_in(settings: &[ValidatorSettings], sandbox: Result<Sandbox, Refusal>) -> Equipped {
    let level = sandbox.as_ref().ok().map(Sandbox::level);
    let mut equipped = Equipped { level, ..Equipped::default() };
    for settings in settings {
        let made = match (settings.kind, &sandbox) {
            (ValidatorKind::Links, _) => links(settings),
            (_, Ok(sandbox)) => validator(settings, sandbox),
            (_, Err(refusal)) => Err(refusal.to_string()),
        };
        match made {
            Ok(validator) => equipped.validators.push(validator),
            Err(why) => equipped.missing.push(format!("check/{}: {why}", settings.name)),
        }
    }
    equipped
}

/// No program runs for it, so it needs no sandbox.
fn links(settings: &ValidatorSettings) -> Result<Arc<dyn Validator>, String> {
    folders_are_there(settings)?;
    Ok(Arc::new(LinkTargets::new(settings)?))
}

fn folders_are_there(settings: &ValidatorSettings) -> Result<(), String> {
    match settings.sources.iter().find(|(_, folder)| !folder.is_dir()) {
        None => Ok(()),
        Some((name, _)) => Err(format!(
            "`sources` names `{name}`, which is no `[[sources]]` of this configuration with a folder that is there"
        )),
    }
}

fn validator(settings: &ValidatorSettings, sandbox: &Sandbox) -> Result<Arc<dyn Validator>, String> {
    if !sandbox.level().hides_files() && !settings.force {
        return Err(format!(
            "the sandbox of this system ({}) hides no files from it; set `force = true` only if everything on this \
             machine may be read by what a model writes",
            sandbox.level()
        ));
    }
    folders_are_there(settings)?;
    let find =
        |names: &[&str], version| tool(settings, names, version, sandbox).map_err(|error| error.to_string());
    Ok(match settings.kind {
        ValidatorKind::Cpp => {
            Arc::new(Cpp::new(settings, find(COMPILERS, Some("--version"))?, sandbox.clone())?)
        }
        ValidatorKind::Ca65 => {
            let linker = Tool::locate("ld65", linker_beside(settings).as_deref())
                .map_err(|error| error.to_string())?;
            let tool = Ca65::new(find(&["ca65"], Some("--version"))?, linker);
            Arc::new(Assembler::new(settings, Box::new(tool), sandbox.clone())?)
        }
        ValidatorKind::Asar => {
            let tool = Asar::new(find(&["asar"], Some("--version"))?);
            Arc::new(Assembler::new(settings, Box::new(tool), sandbox.clone())?)
        }
        ValidatorKind::Links => return links(settings),
        ValidatorKind::Program => {
            if settings.program.is_none() {
                return Err("a validator of kind `program` needs `program`: the path of yours".to_owned());
            }
            Arc::new(Program::new(settings, find(&[], None)?, sandbox.clone()))
        }
    })
}

/// The linker that came with a ca65 of one's own.
fn linker_beside(settings: &ValidatorSettings) -> Option<std::path::PathBuf> {
    settings.program.as_ref().map(|program| program.with_file_name("ld65"))
}

fn tool(
    settings: &ValidatorSettings,
    names: &[&str],
    version: Option<&str>,
    sandbox: &Sandbox,
) -> Result<Tool, ToolError> {
    let path = match (&settings.program, names) {
        (Some(path), _) => Tool::locate("", Some(path))?,
        (None, [first, rest @ ..]) => rest.iter().fold(Tool::locate(first, None), |found, name| {
            found.or_else(|error| Tool::locate(name, None).or(Err(error)))
        })?,
        (None, []) => return Err(ToolError::Missing { name: settings.name.to_string() }),
    };
    Tool::identify(path, version, sandbox)
}
