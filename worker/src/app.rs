//! Puts a worker together and runs it, in its own process or beside the coordinator.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hafs_proto::worker::{PROTOCOL, Pool, RegisterRequest, WorkerFacts, feature};
use hafs_proto::{BoundedText, Route, TeacherTerms, WorkerId, limits};
use hafs_runtime::clock::Clock;
use hafs_runtime::env::Environment;
use hafs_runtime::http::ClientError;
use hafs_runtime::ids::IdGen;
use hafs_runtime::privacy::{Readers, readers, remedy};
use hafs_runtime::shutdown::Shutdown;
use thiserror::Error;
use tracing::warn;

use crate::agent::{BatchCaps, Ending, Pledges, Rules, Shell, State, Tally};
use crate::client::{CredentialError, CredentialFile};
use crate::contact::Contact;
use crate::executors::{Equipment, Executors, Measured};
use crate::generators::{PromptError, Prompts};
use crate::gpu::Gpus;
pub use crate::join::JoinError;
use crate::join::{Join, Joined, rejoin};
use crate::power::PowerLine;
use crate::report::Reporter;
use crate::rotate::rotation;
use crate::settings::WorkerSettings;
use crate::spool::{Spool, SpoolError, make_private_folder};

/// The folder of the spools, one for each identity, in the state folder.
const RESULTS: &str = "results";
/// The folder of the tasks that wait for batches, one for each identity, in the state folder.
const PLEDGES: &str = "pledges";

/// Bytes of a batch beside its results.
const ENVELOPE: u64 = 1_024;

/// What a worker gets from the program around it.
#[derive(Debug, Clone)]
pub struct Deps {
    /// Calls a coordinator without a pin.
    pub http: reqwest::Client,
    /// The environment, for the proxies on the way to a coordinator with one.
    pub env: Environment,
    /// The time, for the status file and the age of what is kept.
    pub clock: Arc<dyn Clock>,
    /// Mints ids.
    pub ids: Arc<IdGen>,
}

/// Why a worker could not be put together.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The state folder cannot be used.
    #[error("could not use the worker's state folder {}", path.display())]
    StateDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another worker uses it.
    #[error("another worker runs with the state folder {}; give each its own `state_dir`", path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The address is none.
    #[error("`{address}` is no address of a coordinator; expected http:// or https://, a host and a port")]
    Coordinator {
        /// The address.
        address: String,
    },
    /// The credential cannot be read.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// No way to call the coordinator.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A prompt template is wrong.
    #[error(transparent)]
    Prompts(#[from] PromptError),
}

/// Why a worker ended by itself.
#[derive(Debug, Error)]
pub enum RunError {
    /// It could not join.
    #[error(transparent)]
    Join(#[from] JoinError),
    /// The spool cannot be used.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The folder of tasks that wait for batches cannot be used.
    #[error("could not use the folder {} of tasks that wait for batches", path.display())]
    Pledges {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It was shut out.
    #[error(
        "this worker was shut out ({why}); {left} results wait in its spool; register it again with a new join token or \
         ask the operator"
    )]
    Revoked {
        /// The coordinator's words.
        why: String,
        /// Results that are kept.
        left: u64,
    },
    /// Its place was taken.
    #[error(
        "another process uses this worker's credential ({why}); {left} results wait in its spool; if this machine or its \
         state folder was copied, delete credential.json in the copy's state folder and let it join by itself"
    )]
    Superseded {
        /// The coordinator's words.
        why: String,
        /// Results that are kept.
        left: u64,
    },
    /// It is too old or too new.
    #[error(
        "this worker's version does not fit the coordinator ({why}); install the coordinator's version; {left} results wait in its spool"
    )]
    Incompatible {
        /// The coordinator's words.
        why: String,
        /// Results that are kept.
        left: u64,
    },
}

/// What a worker did until it was asked to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its id, if it got so far.
    pub worker: Option<WorkerId>,
    /// Counters.
    pub tally: Tally,
    /// Results that wait in the spool for the next start.
    pub left_in_spool: u64,
    /// Whether everything that was held was finished.
    pub clean: bool,
}

/// A worker that is ready to run.
#[derive(Debug)]
pub struct Worker {
    settings: WorkerSettings,
    contact: Contact,
    http: reqwest::Client,
    deps: Deps,
    request: RegisterRequest,
    equipment: Equipment,
    terms: Vec<TeacherTerms>,
    gpus: Gpus,
    prompts: Prompts,
    power: PowerLine,
    /// Held as long as the worker exists.
    _lock: File,
}

/// Puts a worker together. Nothing is called yet; everything that can be wrong with files is found here.
///
/// # Errors
/// [`BuildError`], naming the file at fault.
pub fn build(settings: WorkerSettings, measured: Measured, deps: Deps) -> Result<Worker, BuildError> {
    let lock = lock(&settings.state_dir)?;
    let contact = Contact::of(&settings, &CredentialFile::in_folder(&settings.state_dir))?;
    let is_web = |url: &reqwest::Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    if !reqwest::Url::parse(&contact.coordinator).is_ok_and(|url| is_web(&url)) {
        return Err(BuildError::Coordinator { address: contact.coordinator });
    }
    contact.warn_if_exposed();
    let http = contact.client(&deps.http, &deps.env)?;
    let prompts = Prompts::load(settings.prompts_dir.as_deref())?;
    let request = registration(&settings, &measured, &deps.ids);
    let Measured { equipment, terms, gpus, .. } = measured;
    let power = PowerLine::silent();
    Ok(Worker { settings, contact, http, deps, request, equipment, terms, gpus, prompts, power, _lock: lock })
}

fn lock(folder: &Path) -> Result<File, BuildError> {
    let failed = |source| BuildError::StateDir { path: folder.to_owned(), source };
    make_private_folder(folder).map_err(failed)?;
    warn_of_readers(folder);
    let file =
        File::options().create(true).truncate(false).write(true).open(folder.join("lock")).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(BuildError::Locked { path: folder.to_owned() }),
        Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// The credential lies in the state folder. A file system that keeps no rights is a person's choice, but they should know.
fn warn_of_readers(folder: &Path) {
    match readers(folder) {
        Readers::OwnerOnly => {}
        Readers::Others(others) => warn!(
            "{} can read this worker's credential in {}; take the right away with `{}`, or choose a `worker.spool_dir` on \
             a disk that keeps rights",
            others.join(" and "),
            folder.display(),
            remedy(folder)
        ),
        Readers::Unknown(why) => {
            warn!(
                "who can read this worker's credential in {} could not be found out: {why}",
                folder.display()
            );
        }
    }
}

fn registration(settings: &WorkerSettings, measured: &Measured, ids: &IdGen) -> RegisterRequest {
    let instance: hafs_proto::CompletionId = ids.mint();
    RegisterRequest {
        name: settings.name.clone(),
        protocol: vec![PROTOCOL],
        features: feature::ALL.iter().map(|feature| BoundedText::clipped(feature)).collect(),
        instance: BoundedText::clipped(&instance.to_string()),
        pools: measured.pools.clone(),
        facts: facts(measured),
    }
}

fn facts(measured: &Measured) -> WorkerFacts {
    // A system that does not say how much memory it has is registered with none.
    let memory_bytes = sysinfo::System::new().map_or(0, |mut system| {
        system.refresh_memory();
        system.total_memory()
    });
    let os = format!("{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    WorkerFacts {
        version: BoundedText::clipped(env!("CARGO_PKG_VERSION")),
        os: BoundedText::clipped(&os),
        cores: u32::try_from(cores).unwrap_or(u32::MAX),
        memory_bytes,
        models: measured.models.clone(),
        gpus: measured.gpus.facts(),
        teachers: measured.teachers.iter().take(limits::WORKER_ROUTES).cloned().collect(),
    }
}

impl Worker {
    /// The pools that it will register with.
    #[must_use]
    pub fn pools(&self) -> &[Pool] {
        &self.request.pools
    }

    /// The same worker, which hears on this line of the machine's sleep.
    #[must_use]
    pub fn on_power(mut self, power: PowerLine) -> Self {
        self.power = power;
        self
    }

    /// Joins and works until `shutdown`. The first signal drains, the second hands back.
    ///
    /// # Errors
    /// [`RunError`] when it cannot join, its spool cannot be used, or the coordinator does not want it any more.
    pub async fn run(self, shutdown: &Shutdown) -> Result<Summary, RunError> {
        let file = CredentialFile::in_folder(&self.settings.state_dir);
        let join = Join {
            http: &self.http,
            coordinator: &self.contact.coordinator,
            pin: self.contact.pin,
            token: self.settings.join.as_ref(),
            file: &file,
            request: &self.request,
            terms: &self.terms,
            ids: &self.deps.ids,
        };
        match join.run(shutdown).await? {
            Some(joined) => self.work(joined, shutdown).await,
            None => Ok(Summary { worker: None, tally: Tally::default(), left_in_spool: 0, clean: true }),
        }
    }

    async fn work(self, joined: Joined, shutdown: &Shutdown) -> Result<Summary, RunError> {
        let spools = self.settings.state_dir.join(RESULTS);
        warn_of_strangers(&spools, joined.worker);
        let (spool, found) = Spool::open(&spools.join(joined.worker.to_string()), self.deps.clock.clone())?;
        let rules = Rules {
            intervals: joined.intervals,
            claim_wait: self.settings.claim_wait,
            drain_timeout: self.settings.drain_timeout,
            release_grace: self.settings.release_grace,
            spool: self.settings.spool,
            batch: BatchCaps { items: limits::BATCH_ITEMS, bytes: limits::BATCH_BYTES as u64 - ENVELOPE },
        };
        let shared = self.terms.iter().filter(|_| joined.agreed.limits);
        let lanes = |terms: &TeacherTerms| {
            [Route::Teacher(terms.teacher.clone()), Route::Batch(terms.teacher.clone())]
        };
        let shared = shared.flat_map(lanes).collect();
        let pledged = self.settings.state_dir.join(PLEDGES).join(joined.worker.to_string());
        let (pledges, held) = Pledges::open(pledged.clone(), self.deps.clock.clone())
            .map_err(|source| RunError::Pledges { path: pledged, source })?;
        let state = State::new(rules, &self.request.pools, found).sharing(shared).resuming(held);
        let settings = &self.settings;
        let executors = Executors::new(self.equipment, self.prompts, joined.marks, spool.journal());
        let executors = if joined.agreed.trials { executors } else { executors.without_request_ids() };
        let shell = Shell {
            rejoin: rejoin(joined.api.clone(), self.request.clone(), self.terms.clone()),
            shares: joined.agreed.limits,
            gpus: Some(self.gpus).filter(|gpus| joined.agreed.residency && !gpus.is_empty()),
            rotate: rotation(
                joined.api.clone(),
                CredentialFile::in_folder(&settings.state_dir),
                self.contact.coordinator.clone(),
            ),
            api: joined.api,
            executors: Arc::new(executors),
            pledges: Arc::new(pledges),
            spool: Arc::new(spool),
            ids: self.deps.ids.clone(),
            reporter: Reporter::new(
                self.deps.clock.clone(),
                settings.state_dir.clone(),
                joined.worker,
                &settings.name,
                &self.contact.coordinator,
            ),
            power: self.power,
        };
        let (ending, state) = shell.run(state, shutdown).await;
        summarise(joined.worker, ending, &state)
    }
}

fn summarise(worker: WorkerId, ending: Ending, state: &State) -> Result<Summary, RunError> {
    let left = state.spooled();
    let summary = |clean| Summary { worker: Some(worker), tally: state.tally(), left_in_spool: left, clean };
    match ending {
        Ending::Drained => Ok(summary(true)),
        Ending::Released => Ok(summary(false)),
        Ending::Revoked(why) => Err(RunError::Revoked { why, left }),
        Ending::Superseded(why) => Err(RunError::Superseded { why, left }),
        Ending::Incompatible(why) => Err(RunError::Incompatible { why, left }),
    }
}

/// Results that were made under another identity cannot be delivered under this one; they are kept.
fn warn_of_strangers(spools: &Path, own: WorkerId) {
    let Ok(entries) = std::fs::read_dir(spools) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name() != *own.to_string()) {
        let path = entry.path();
        let is_used =
            |file: std::fs::DirEntry| file.metadata().is_ok_and(|facts| facts.is_file() && facts.len() > 0);
        if std::fs::read_dir(&path).is_ok_and(|files| files.flatten().any(is_used)) {
            warn!(
                "{} holds results of an earlier identity of this worker; they are kept, not sent",
                path.display()
            );
        }
    }
}
