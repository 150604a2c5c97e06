//! What is looked at before anything is started: configuration, source, output folder, teachers.

use std::path::Path;

use hafs_proto::{RunSpec, TeacherName};
use hafs_runtime::config::Config;
use hafs_worker::config::Setup;
use hafs_worker::{EquipmentError, Measured};

use super::wanted::Wanted;
use super::{Args, wanted};
use crate::compose::{dataset, source, teachers};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;

/// A run that can be started.
pub struct Prepared {
    /// The configuration, with the source and the teachers that were found.
    pub config: Config,
    /// What is asked for.
    pub spec: RunSpec,
    /// The worker's settings.
    pub setup: Setup,
    /// What the worker has.
    pub measured: Measured,
    /// Calls providers and the coordinator.
    pub http: reqwest::Client,
}

/// Looks at everything that can be wrong and costs nothing to look at.
///
/// # Errors
/// [`Failure`] with what is wrong and what to do.
pub async fn prepare(context: &Context, args: &Args) -> Result<Prepared, Failure> {
    let (config, spec) = self::wanted(context, &args.wanted, args.path.as_deref()).await?;
    if !args.no_export {
        dataset::writable(&config.training.output_dir)?;
    }
    let http = context.http()?;
    let setup = Setup::of(&config);
    let wanted = setup.sources.clone();
    tokio::task::spawn_blocking(move || source::look(&wanted)).await??;
    let measured = setup.measure(http.clone()).await.map_err(|error| unequipped(&error))?;
    demand(&spec, &measured)?;
    Ok(Prepared { config, spec, setup, measured, http })
}

/// The run that command line and configuration ask for, with the source and the teachers that were found.
///
/// # Errors
/// [`Failure`] with what is wrong and what to do.
pub async fn wanted(
    context: &Context,
    wanted: &Wanted,
    path: Option<&Path>,
) -> Result<(Config, RunSpec), Failure> {
    let mut config = context.config(&wanted.overrides())?;
    sources(&mut config, path)?;
    if config.providers.is_empty() && config.training.enabled {
        config.providers = teachers::find(&context.http()?, &config, &context.env).await?;
    }
    let spec = wanted::spec(&config)?;
    Ok((config, spec))
}

/// A path of the command line takes the place of the configured sources; without either, the working folder is mined.
fn sources(config: &mut Config, path: Option<&Path>) -> Result<(), Failure> {
    let path = path.or_else(|| config.sources.is_empty().then_some(Path::new(".")));
    if let Some(path) = path {
        config.sources = vec![source::at(path)?];
    }
    Ok(())
}

fn unequipped(error: &EquipmentError) -> Failure {
    match error {
        EquipmentError::Source(_) => Failure::with_exit(Exit::Usage, error),
        EquipmentError::Teacher(_) | EquipmentError::Nothing { .. } | EquipmentError::TooManySlots { .. } => {
            Failure::with_exit(Exit::NoTeacher, error)
        }
    }
}

/// Refuses a run whose teachers or judges are not to be had now: it could only wait.
fn demand(spec: &RunSpec, measured: &Measured) -> Result<(), Failure> {
    let wanted = spec.teachers.iter().chain(&spec.judges);
    let away: Vec<&TeacherName> =
        wanted.filter(|name| !measured.equipment.teachers.contains_key(*name)).collect();
    if away.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = away.iter().map(ToString::to_string).collect();
    let why = measured.missing.join("\n");
    let message = format!("{} cannot be had, so the run was not started:\n{why}", names.join(", "));
    Err(Failure::new(Exit::NoTeacher, message).remedy(
        "start the provider, pull the model, or correct [[providers]]; `hafs-factory doctor` looks at all of them",
    ))
}
