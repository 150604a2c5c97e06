//! Trying teachers: one small call tells what a list of models does not say. What was answered is believed for some hours,
//! so that a worker that starts again and again does not pay each time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hafs_proto::task::FailureClass;
use hafs_proto::worker::{TeacherFacts, TeacherTrial};
use hafs_proto::{BoundedText, Reason, Timestamp};
use hafs_runtime::config::Preflight;
use hafs_teachers::{CallFailure, ChatRequest, ConnectError, Message, Reply, Teacher};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::executors::TeacherSettings;

/// The file of trials in the state folder.
const FILE: &str = "trials.json";
/// How long an answer is believed.
const BELIEVED: Duration = Duration::from_secs(6 * 3_600);
/// The longest that a trial may take, loading a local model included.
const PATIENCE: Duration = Duration::from_secs(180);
/// Tokens of the reply: room for a model that thinks whatever it is told.
const TOKENS: u32 = 256;
/// Bytes of the file of trials.
const FILE_BYTES: u64 = 4 * 1024 * 1024;

/// The trials of a worker's teachers.
#[derive(Debug)]
pub struct Trials {
    file: PathBuf,
    now: Timestamp,
    kept: BTreeMap<String, TeacherTrial>,
}

impl Trials {
    /// The trials that are kept in a worker's state folder. A file that cannot be read holds none.
    #[must_use]
    pub fn open(state_dir: &Path, now: Timestamp) -> Self {
        let file = state_dir.join(FILE);
        let mut kept: BTreeMap<String, TeacherTrial> = read(&file).unwrap_or_default();
        kept.retain(|_, trial| is_believed(trial, now));
        Self { file, now, kept }
    }

    /// What is known of a teacher that is there: its family, and what came of trying it. Each (provider, model, key) is
    /// asked once.
    ///
    /// # Errors
    /// [`ConnectError`] when its configuration cannot be used.
    pub async fn facts(
        &mut self,
        teacher: &dyn Teacher,
        settings: &TeacherSettings,
    ) -> Result<TeacherFacts, ConnectError> {
        let name = teacher.name().clone();
        let facts = TeacherFacts { teacher: name, family: family(settings)?, trial: None, withheld: None };
        match settings.preflight {
            Preflight::List | Preflight::Off => return Ok(facts),
            Preflight::Call => {}
        }
        let account = format!("{}@{}", facts.teacher, hafs_teachers::terms(&settings.config)?.key);
        if let Some(trial) = self.kept.get(&account) {
            return Ok(TeacherFacts { trial: Some(trial.clone()), ..facts });
        }
        let reply = teacher.chat(&question(settings), &CancellationToken::new()).await;
        let trial = self.trial(&reply);
        report(&trial);
        let withheld = reply.outcome.as_ref().err().filter(|failure| is_unusable(failure));
        let withheld = withheld.map(|failure| BoundedText::clipped(&failure.to_string()));
        if reply.outcome.is_ok() {
            self.kept.insert(account, trial.clone());
            self.keep().await;
        }
        Ok(TeacherFacts { trial: Some(trial), withheld, ..facts })
    }

    fn trial(&self, reply: &Reply) -> TeacherTrial {
        let structured = reply.outcome.as_ref().is_ok_and(|text| is_as_asked(text));
        let mut call = reply.record.clone();
        call.reply_excerpt = None;
        TeacherTrial { at: self.now, structured, call }
    }

    /// Writes the file; without it the next start asks again.
    async fn keep(&self) {
        let (file, text) = (self.file.clone(), json!(self.kept).to_string());
        let written = tokio::task::spawn_blocking(move || {
            let next = file.with_extension("next");
            file.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&next, text)?;
            std::fs::rename(&next, &file)
        });
        if let Ok(Err(error)) = written.await {
            warn!(%error, "what came of trying teachers could not be kept in {}", self.file.display());
        }
    }
}

/// What is known of a teacher that was not even asked.
///
/// # Errors
/// [`ConnectError`] when its configuration cannot be used.
pub fn untried(settings: &TeacherSettings, why: &str) -> Result<Option<TeacherFacts>, ConnectError> {
    let config = &settings.config;
    let Ok(teacher) = hafs_proto::TeacherName::new(&config.provider, &config.model) else { return Ok(None) };
    let withheld = Some(BoundedText::clipped(why));
    Ok(Some(TeacherFacts { teacher, family: family(settings)?, trial: None, withheld }))
}

fn family(settings: &TeacherSettings) -> Result<Option<BoundedText<64>>, ConnectError> {
    let family = hafs_teachers::family(&settings.config)?;
    if family.is_none() {
        let config = &settings.config;
        warn!(
            "nobody has said of what family {}/{} is, so judges of its family are told by its name; say `family` or `base` \
             in a `models_file`",
            config.provider, config.model
        );
    }
    Ok(family.map(|family| BoundedText::clipped(&family)))
}

fn read(file: &Path) -> Option<BTreeMap<String, TeacherTrial>> {
    let size = std::fs::metadata(file).ok()?.len();
    let text = (size <= FILE_BYTES).then(|| std::fs::read(file).ok())??;
    serde_json::from_slice(&text).ok()
}

fn is_believed(trial: &TeacherTrial, now: Timestamp) -> bool {
    trial.at <= now && now.since(trial.at) < BELIEVED
}

/// The cheapest question whose answer shows that structured output works.
fn question(settings: &TeacherSettings) -> ChatRequest {
    ChatRequest {
        system: String::new(),
        messages: vec![Message::user("Answer with the JSON object {\"ok\": true}.")],
        schema: Some(json!({
            "type": "object",
            "properties": { "ok": { "type": "boolean" } },
            "required": ["ok"],
            "additionalProperties": false,
        })),
        max_tokens: TOKENS,
        temperature: 0.0,
        seed: 1,
        num_ctx: None,
        deadline: settings.config.timeout.min(PATIENCE),
    }
}

fn is_as_asked(text: &str) -> bool {
    serde_json::from_str::<Value>(text.trim()).is_ok_and(|reply| reply["ok"].is_boolean())
}

/// Whether a failure says that the teacher cannot be used: it is not there, the key is refused, another model answers.
/// A hiccup, a limit, a refusal or a reply that is too long says that somebody is there.
fn is_unusable(failure: &CallFailure) -> bool {
    match failure.class {
        FailureClass::ModelMissing | FailureClass::OutOfMemory | FailureClass::Poison => true,
        FailureClass::Invalid => failure.reason == Reason::ProviderError,
        FailureClass::Transient | FailureClass::RateLimited | FailureClass::Refused => false,
    }
}

fn report(trial: &TeacherTrial) {
    let TeacherTrial { call, structured, .. } = trial;
    let (name, ms) = (&call.teacher, call.latency_ms);
    let served = call.served_model.as_deref().unwrap_or("a model that it does not name");
    match &call.error {
        Some(error) => {
            let id = call.request_id.as_deref();
            warn!(teacher.name = %name, teacher.request_id = id, "{name} was tried and gave no answer: {}", error.message);
        }
        None if *structured => {
            info!(teacher.name = %name, "{name} answers: {served}, in {ms} ms, in the form asked for")
        }
        None => warn!(
            teacher.name = %name,
            "{name} answers ({served}, in {ms} ms), but not in the form asked for; its samples may often be unreadable"
        ),
    }
}

#[cfg(test)]
mod tests;
