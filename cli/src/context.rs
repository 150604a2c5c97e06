//! What every command is given: the global options, the environment, and where to speak.

use std::path::PathBuf;

use hafs_runtime::config::{self, Config, LoadError, Mistakes, Override, Request};
use hafs_runtime::env::Environment;
use hafs_runtime::http::{self, ClientError, ClientSettings};
use hafs_runtime::secret::Secret;
use hafs_runtime::telemetry;

use crate::api::Api;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::out::{Audience, Out};

/// What every command is given.
pub struct Context {
    /// Where to speak.
    pub out: Out,
    /// The environment; `--data-dir` takes the place of `HAFS_HOME`.
    pub env: Environment,
    global: Global,
}

impl Context {
    /// The context of a command line.
    #[must_use]
    pub fn new(mut global: Global) -> Self {
        // A path of the command line starts from the working folder, one of the file from the file's.
        global.data_dir = global.data_dir.take().map(|path| std::path::absolute(&path).unwrap_or(path));
        let audience = if global.json { Audience::Programs } else { Audience::People };
        let process = Environment::of_process();
        let home = global.data_dir.iter().map(|path| ("HAFS_HOME", path.to_string_lossy().into_owned()));
        let own = process.iter().map(|(name, value)| (name, value.to_owned()));
        let env = own.chain(home).collect();
        Self { out: Out::new(audience, global.quiet).with_csv(global.csv), env, global }
    }

    /// The file that `--config` names.
    #[must_use]
    pub fn config_file(&self) -> Option<&PathBuf> {
        self.global.config.as_ref()
    }

    /// Keys that `--set` and `--data-dir` set, then `more`.
    #[must_use]
    pub fn overrides(&self, more: &[Override]) -> Vec<Override> {
        let set = self.global.set.iter().map(|(key, value)| setting("--set", key, value));
        let data = self.global.data_dir.iter();
        let data = data.map(|path| setting("--data-dir", "coordinator.data_dir", &path.to_string_lossy()));
        data.chain(set).chain(more.iter().cloned()).collect()
    }

    /// Loads the configuration and starts the log as it says.
    ///
    /// # Errors
    /// [`Failure`] with every mistake, or when the log cannot be set up.
    pub fn config(&self, more: &[Override]) -> Result<Config, Failure> {
        let config = self.read_config(more)?;
        telemetry::init(config.coordinator.log_format, self.log_level(), &self.env)?;
        Ok(config)
    }

    /// Loads the configuration and leaves the log as it is: for a second look within one command.
    ///
    /// # Errors
    /// [`Failure`] with every mistake.
    pub fn read_config(&self, more: &[Override]) -> Result<Config, Failure> {
        let flags = self.overrides(more);
        let request =
            Request { file: self.config_file().map(PathBuf::as_path), env: &self.env, flags: &flags };
        config::load(request).map_err(wrong)
    }

    /// A client that calls coordinators and providers.
    ///
    /// # Errors
    /// [`ClientError`] when TLS or a proxy cannot be set up.
    pub fn http(&self) -> Result<reqwest::Client, ClientError> {
        http::client(&ClientSettings::default(), &self.env)
    }

    /// The coordinator that `--at` names, with the token for it.
    ///
    /// # Errors
    /// [`Failure`] when the address is no coordinator's or there is no token.
    pub fn remote(&self) -> Result<Option<Api>, Failure> {
        let Some(at) = &self.global.at else { return Ok(None) };
        let token = match &self.global.token_file {
            Some(path) => Some(Secret::from_file(path)?),
            None => Secret::from_env(&self.env, "HAFS_TOKEN")?,
        };
        let token = token.ok_or_else(|| {
            Failure::new(Exit::Usage, format!("there is no token for the coordinator at {at}")).remedy(
                "on its machine: `hafs-factory token create --scope read --scope run > run.token`; here: --token-file run.token",
            )
        })?;
        let http = match self.global.pin {
            Some(pin) => http::pinned_client(&ClientSettings::default(), &self.env, pin)?,
            None => self.http()?,
        };
        Api::remote(http, at, token.expose())
            .map(Some)
            .map_err(|error| Failure::with_exit(Exit::Usage, &error))
    }

    /// Refuses `--at` where it would be ignored.
    ///
    /// # Errors
    /// [`Failure`] when it was given.
    pub fn refuse_remote(&self) -> Result<(), Failure> {
        if self.global.at.is_none() {
            return Ok(());
        }
        let message = "--at means nothing to this command: it works on files of this machine";
        Err(Failure::new(Exit::Usage, message)
            .remedy("leave --at out, or run the command on the coordinator's machine"))
    }

    /// `--config`, `--data-dir`, `--at` and `--token-file` as they were given, for commands that are to be typed next.
    #[must_use]
    pub fn repeated_options(&self) -> String {
        let option = |name: &str, path: &Option<PathBuf>| {
            path.as_ref().map(|path| format!(" {name} \"{}\"", path.display())).unwrap_or_default()
        };
        let at = self.global.at.as_ref().map(|at| format!(" --at \"{at}\"")).unwrap_or_default();
        option("--config", &self.global.config)
            + &option("--data-dir", &self.global.data_dir)
            + &at
            + &option("--token-file", &self.global.token_file)
    }

    const fn log_level(&self) -> &'static str {
        match (self.global.quiet, self.global.verbose) {
            (true, _) => "error",
            (false, 0) => "warn",
            (false, 1) => "info",
            (false, _) => "debug",
        }
    }
}

/// A key that a flag sets.
#[must_use]
pub fn setting(flag: &str, key: &str, value: &str) -> Override {
    Override { key: key.to_owned(), value: value.to_owned(), flag: flag.to_owned() }
}

fn wrong(error: LoadError) -> Failure {
    match error {
        LoadError::Wrong(mistakes) => mistaken(&mistakes),
        LoadError::Read { .. } | LoadError::TooLong { .. } => error.into(),
    }
}

/// The failure of a configuration with these mistakes, all of them shown.
#[must_use]
pub fn mistaken(mistakes: &Mistakes) -> Failure {
    let (count, plural) = (mistakes.0.len(), if mistakes.0.len() == 1 { "" } else { "s" });
    let message = format!("the configuration has {count} mistake{plural}:\n{mistakes}");
    Failure::new(Exit::Usage, message).remedy("mend them; `hafs-factory config check` looks again")
}
