//! Joining: registering at the start, until the coordinator answers, and again when it has forgotten this worker.

use std::sync::Arc;

use hafs_proto::worker::{Intervals, PROTOCOL, RegisterReply, RegisterRequest, TeachersRequest, feature};
use hafs_proto::{BoundedText, ContentHash, Pin, TeacherTerms, WorkerId};
use hafs_runtime::ids::IdGen;
use hafs_runtime::secret::Secret;
use hafs_runtime::shutdown::Shutdown;
use thiserror::Error;
use tracing::{info, warn};

use crate::agent::{Answered, CallTrouble, Meaning, Rejoin, backoff_wait};
use crate::client::{Api, Credential, CredentialError, CredentialFile};
use crate::generators::MarkKey;

/// Why a worker could not join.
#[derive(Debug, Error)]
pub enum JoinError {
    /// It has neither.
    #[error(
        "there is no credential for the coordinator {coordinator} in the state folder and no join token was given; make \
         a join link with `hafs-factory token create --role worker` on the coordinator's machine and paste what it prints"
    )]
    NoToken {
        /// The coordinator.
        coordinator: String,
    },
    /// The token has characters that no token has.
    #[error("the {what} has characters that an HTTP header cannot hold; copy it again")]
    BadToken {
        /// Which token.
        what: &'static str,
    },
    /// The coordinator refuses.
    #[error("the coordinator {coordinator} does not let this worker in: {why}")]
    Refused {
        /// The coordinator.
        coordinator: String,
        /// Its words.
        why: String,
    },
    /// It speaks another version.
    #[error(
        "the coordinator speaks protocol version {theirs}, this worker {PROTOCOL}; install matching versions"
    )]
    Protocol {
        /// The version it wants.
        theirs: u32,
    },
    /// A join token gave no credential.
    #[error("the coordinator {coordinator} gave no credential for the join token")]
    NoCredential {
        /// The coordinator.
        coordinator: String,
    },
    /// The credential could not be kept.
    #[error(transparent)]
    Credential(#[from] CredentialError),
}

/// A worker that is known to its coordinator.
pub(crate) struct Joined {
    pub(crate) api: Api,
    pub(crate) worker: WorkerId,
    pub(crate) intervals: Intervals,
    pub(crate) marks: MarkKey,
    /// What it and the coordinator may use of the protocol.
    pub(crate) agreed: Agreed,
}

/// What this worker and its coordinator both know of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// The coordinator keeps limits for the whole fleet.
    pub(crate) limits: bool,
    /// It wants to know what hardware there is and what is loaded.
    pub(crate) residency: bool,
    /// It wants to know what came of trying teachers, and providers' ids of calls.
    pub(crate) trials: bool,
}

impl Agreed {
    fn on(features: &[BoundedText<64>]) -> Self {
        let knows = |feature| features.iter().any(|known| known.as_str() == feature);
        Self {
            limits: knows(feature::LIMITS),
            residency: knows(feature::RESIDENCY),
            trials: knows(feature::TRIALS),
        }
    }
}

/// What joining needs.
pub(crate) struct Join<'a> {
    pub(crate) http: &'a reqwest::Client,
    pub(crate) coordinator: &'a str,
    pub(crate) pin: Option<Pin>,
    pub(crate) token: Option<&'a Secret>,
    pub(crate) file: &'a CredentialFile,
    pub(crate) request: &'a RegisterRequest,
    pub(crate) terms: &'a [TeacherTerms],
    pub(crate) ids: &'a IdGen,
}

/// Which token a registration was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bearer {
    Own,
    Join,
}

impl Join<'_> {
    /// Registers and tells the terms of its teachers; waits for a coordinator that is away. `None` when the worker is to
    /// shut down before that.
    pub(crate) async fn run(&self, shutdown: &Shutdown) -> Result<Option<Joined>, JoinError> {
        let Some(joined) = self.join(shutdown).await? else { return Ok(None) };
        let mut tries = 0;
        loop {
            let told = tokio::select! {
                told = tell(&joined.api, joined.agreed, self.request, self.terms) => told,
                () = shutdown.drain.cancelled() => return Ok(None),
            };
            match told {
                Ok(()) => return Ok(Some(joined)),
                Err(trouble) if self.wait(&trouble, &mut tries, shutdown).await? => {}
                Err(_) => return Ok(None),
            }
        }
    }

    async fn join(&self, shutdown: &Shutdown) -> Result<Option<Joined>, JoinError> {
        let own = self.file.load(self.coordinator)?;
        if let Some(own) = own {
            match self.come_back(own, shutdown).await {
                Err(JoinError::Refused { why, .. }) if self.token.is_some() => {
                    warn!(
                        why,
                        "the credential in the state folder is not accepted; joining again with the join token"
                    );
                }
                answer => return answer,
            }
        }
        let token =
            self.token.ok_or_else(|| JoinError::NoToken { coordinator: self.coordinator.to_owned() })?;
        self.register(token.expose(), Bearer::Join, shutdown).await
    }

    /// Registers with the worker's own credential. After a rotation that was cut short it is not known which of two
    /// secrets is in force; the later one is tried first.
    async fn come_back(&self, own: Credential, shutdown: &Shutdown) -> Result<Option<Joined>, JoinError> {
        let marks = MarkKey::of(own.lasting());
        let (joined, kept) = self.try_both(own.clone(), shutdown).await?;
        // A new link may bring another pin for an old credential.
        let kept = Credential { pin: self.pin, ..kept };
        if joined.is_some() && kept != own {
            self.file.save(&kept)?;
        }
        Ok(joined.map(|joined| Joined { marks, ..joined }))
    }

    async fn try_both(
        &self,
        own: Credential,
        shutdown: &Shutdown,
    ) -> Result<(Option<Joined>, Credential), JoinError> {
        if let Some(next) = own.next.clone() {
            match self.register(&next, Bearer::Own, shutdown).await {
                Err(JoinError::Refused { .. }) => {}
                joined => {
                    return joined.map(|joined| (joined, Credential { token: next, next: None, ..own }));
                }
            }
        }
        self.register(&own.token, Bearer::Own, shutdown).await.map(|joined| (joined, own))
    }

    async fn register(
        &self,
        token: &str,
        bearer: Bearer,
        shutdown: &Shutdown,
    ) -> Result<Option<Joined>, JoinError> {
        let what = match bearer {
            Bearer::Own => "worker's credential",
            Bearer::Join => "join token",
        };
        let (api, plain) = (self.api(token, what)?, plain(self.request));
        let mut tries = 0;
        loop {
            let answer = tokio::select! {
                answer = api.register(&plain) => answer,
                () = shutdown.drain.cancelled() => return Ok(None),
            };
            let trouble = match answer {
                Ok(reply) => return self.accept(reply, api, token, bearer).map(Some),
                Err(trouble) => trouble,
            };
            if !self.wait(&trouble, &mut tries, shutdown).await? {
                return Ok(None);
            }
        }
    }

    /// Waits before another try; false when it is time to leave.
    async fn wait(
        &self,
        trouble: &CallTrouble,
        tries: &mut u32,
        shutdown: &Shutdown,
    ) -> Result<bool, JoinError> {
        let hint = self.patience(trouble)?;
        let wait = backoff_wait(*tries, random(self.ids), hint);
        warn!(%trouble, wait_s = wait.as_secs_f64(), "could not join yet; trying again in {:.1} s", wait.as_secs_f64());
        *tries = tries.saturating_add(1);
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(true),
            () = shutdown.drain.cancelled() => Ok(false),
        }
    }

    /// Whether to try again, and when at the earliest.
    fn patience(&self, trouble: &CallTrouble) -> Result<Option<std::time::Duration>, JoinError> {
        match trouble.meaning() {
            Meaning::Away => Ok(None),
            Meaning::Later(hint) => Ok(hint),
            Meaning::Unknown
            | Meaning::Revoked
            | Meaning::Superseded
            | Meaning::Incompatible
            | Meaning::Wrong => {
                Err(JoinError::Refused { coordinator: self.coordinator.to_owned(), why: trouble.to_string() })
            }
        }
    }

    fn accept(
        &self,
        reply: RegisterReply,
        api: Api,
        token: &str,
        bearer: Bearer,
    ) -> Result<Joined, JoinError> {
        if reply.protocol != PROTOCOL {
            return Err(JoinError::Protocol { theirs: reply.protocol });
        }
        let (api, marks) = match (reply.credential, bearer) {
            (Some(token), _) => {
                let own = Credential {
                    coordinator: self.coordinator.to_owned(),
                    worker: reply.worker,
                    token: token.to_string(),
                    next: None,
                    first: None,
                    pin: self.pin,
                };
                self.file.save(&own)?;
                (self.api(&own.token, "new credential")?, MarkKey::of(&own.token))
            }
            (None, Bearer::Own) => (api, MarkKey::of(token)),
            (None, Bearer::Join) => {
                return Err(JoinError::NoCredential { coordinator: self.coordinator.to_owned() });
            }
        };
        info!(worker.id = %reply.worker, server.version = %reply.server_version, "joined {} as {}", self.coordinator, reply.worker);
        let agreed = Agreed::on(&reply.features);
        Ok(Joined { api, worker: reply.worker, intervals: reply.intervals, marks, agreed })
    }

    fn api(&self, token: &str, what: &'static str) -> Result<Api, JoinError> {
        let instance = self.request.instance.as_str();
        Api::new(self.http.clone(), self.coordinator, token, instance).ok_or(JoinError::BadToken { what })
    }
}

/// Random enough for jitter.
fn random(ids: &IdGen) -> u64 {
    let id: hafs_proto::CompletionId = ids.mint();
    let hash = ContentHash::of(id.uuid().as_bytes());
    hash.as_bytes().iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// What any coordinator understands of a registration.
fn plain(request: &RegisterRequest) -> RegisterRequest {
    fitting(request, Agreed { limits: false, residency: false, trials: false })
}

/// What a coordinator that has agreed to this understands of it.
fn fitting(request: &RegisterRequest, agreed: Agreed) -> RegisterRequest {
    let mut request = request.clone();
    if !agreed.residency {
        request.facts.gpus.clear();
        request.facts.models.iter_mut().for_each(|model| model.quantization = None);
    }
    if !agreed.trials {
        request.facts.teachers.clear();
    }
    request
}

/// Tells a coordinator what it has asked for by its features: the worker's hardware and teachers, and their terms.
async fn tell(api: &Api, agreed: Agreed, request: &RegisterRequest, terms: &[TeacherTerms]) -> Answered<()> {
    let fitting = fitting(request, agreed);
    if fitting != plain(request) {
        api.register(&fitting).await?;
    }
    if agreed.limits && !terms.is_empty() {
        api.teachers(&TeachersRequest { terms: terms.to_vec() }).await?;
    }
    Ok(())
}

/// Registers again under the worker's own credential, when the agent asks for it.
pub(crate) fn rejoin(api: Api, request: RegisterRequest, terms: Vec<TeacherTerms>) -> Rejoin {
    Arc::new(move |without| {
        let (api, mut request, terms) = (api.clone(), request.clone(), terms.clone());
        for pool in &mut request.pools {
            pool.routes.retain(|route| !without.contains(route));
        }
        Box::pin(async move {
            let reply = api.register(&plain(&request)).await?;
            tell(&api, Agreed::on(&reply.features), &request, &terms).await?;
            Ok(reply.intervals)
        })
    })
}
