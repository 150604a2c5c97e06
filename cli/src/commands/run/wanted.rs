//! How much is wanted, and by whom: options that `run` and `runs start` share.

use hafs_domain::generator;
use hafs_proto::{GeneratorName, RunSpec, TeacherName};
use hafs_runtime::config::{Config, Override};
use hafs_teachers::models::known_pricing;
use hafs_worker::config::Setup;

use crate::context::{mistaken, setting};
use crate::exit::Exit;
use crate::failure::Failure;

/// How much is wanted, and by whom.
#[derive(Debug, clap::Args)]
pub struct Wanted {
    /// Accepted samples to reach.
    #[arg(long, value_name = "N")]
    target: Option<u32>,
    /// Who writes samples: a provider or provider/model; several share the work.
    #[arg(long, value_name = "TEACHER")]
    teacher: Vec<String>,
    /// Who judges them: a provider or provider/model.
    #[arg(long, value_name = "TEACHER")]
    judge: Vec<String>,
}

impl Wanted {
    /// The keys of the configuration that the options set.
    #[must_use]
    pub fn overrides(&self) -> Vec<Override> {
        let target = self.target.iter().map(|target| setting("--target", "run.target", &target.to_string()));
        let list = |flag: &str, key: &str, names: &[String]| {
            (!names.is_empty()).then(|| setting(flag, key, &names.join(",")))
        };
        let teachers = list("--teacher", "training.multi_teacher", &self.teacher);
        let judges = list("--judge", "gates.judges", &self.judge);
        target.chain(teachers).chain(judges).collect()
    }
}

/// The run that a configuration asks for.
///
/// # Errors
/// [`Failure`] with every mistake that keeps it from being started.
pub fn spec(config: &Config) -> Result<RunSpec, Failure> {
    let names = generator::TABLE.iter().map(|takes| takes.generator.parse());
    let generators: Vec<GeneratorName> = names.collect::<Result<_, _>>()?;
    let spec = config.run_spec(&generators).map_err(|mistakes| mistaken(&mistakes))?;
    affordable(&spec, config)?;
    Ok(spec)
}

/// Refuses a run with a budget whose teachers or judges have a price that nobody has said: it could not be kept to.
fn affordable(spec: &RunSpec, config: &Config) -> Result<(), Failure> {
    if spec.budget.is_none() {
        return Ok(());
    }
    for teacher in &Setup::of(config).teachers {
        let config = &teacher.config;
        let asked = |name: &TeacherName| name.provider() == config.provider && name.model() == config.model;
        if !spec.teachers.iter().chain(&spec.judges).any(asked) || known_pricing(config)?.is_some() {
            continue;
        }
        let name = format!("{}/{}", config.provider, config.model);
        let message = format!(
            "the run has a budget, but the price of {name} is not known, or is zero for a provider elsewhere"
        );
        return Err(Failure::new(Exit::Usage, message).remedy(
            "set `price_input_usd_per_mtok` and `price_output_usd_per_mtok` of that model in hafs.toml, or leave \
             `run.budget_usd` out",
        ));
    }
    Ok(())
}
