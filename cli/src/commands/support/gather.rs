//! Finding out what goes into a bundle. What cannot be found out is said in its place, and the rest goes on.

use hafs_coordinator::backups;
use hafs_coordinator::settings::Settings;
use hafs_library::Library;
use hafs_library::census::census;
use hafs_proto::Timestamp;
use hafs_proto::people::{LogLine, Page, Status, TaskView, TeacherView, WorkerView};
use hafs_runtime::config::{self, Config, Request};
use serde_json::{Value, json};
use sysinfo::System;

use super::{harmless, told};
use crate::api::{Api, running};
use crate::commands::doctor;
use crate::context::Context;
use crate::failure::Failure;

/// Tasks that were given up, of which the codes are told.
const FAILURES: usize = 200;

/// A file of a bundle.
pub struct Section {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub text: String,
}

const README: &str = "What this is: a support bundle of a hafs factory, written by `hafs-factory support`.

versions.json       program, operating system, processors, memory
configuration.json  every setting with where it comes from; addresses without user, password and path; mistakes
doctor.json         what `hafs-factory doctor` says
library.json        version of the schema, rows by table, times of the backups
status.json         queue and runs: states, counts, reasons as codes, cost
workers.json        machines of workers, states, slots, models' sizes and speeds
teachers.json       standing, limits, spending
failures.json       tasks that were given up: when, and the code of why
metrics.txt         the metrics of the coordinator
log.jsonl           its last 500 events: when, module, sentence, numbers, ids; of other texts only how long they are

What is not in it: samples, prompts, replies, mined texts, texts of errors of providers, names that people gave to runs and
workers, tokens, keys. Everything was searched for secrets once more before it was written. The whole log is not in it: it
goes to standard error, or where your service manager keeps it (`journalctl -u hafs-coordinator`). The logs of workers on other
machines and of a coordinator that has ended are there only.

Look through it before you pass it on.
";

/// Everything, ready to be written.
pub async fn all(context: &Context, now: Timestamp) -> Vec<Section> {
    let mut sections = vec![
        Section { name: "README.txt", text: README.to_owned() },
        document("versions.json", Ok(versions(now))),
        document("configuration.json", configuration(context)),
        document("doctor.json", doctor(context).await),
    ];
    match context.read_config(&[]) {
        Ok(config) => {
            sections.push(document("library.json", library(&config).await));
            sections.extend(living(context, &config).await);
        }
        Err(failure) => sections.push(document("status.json", Err(failure))),
    }
    sections
}

/// A file with a document in it, or with why there is none.
fn document(name: &'static str, found: Result<Value, Failure>) -> Section {
    let value = found.unwrap_or_else(|failure| json!({ "not_found_out": failure.summary() }));
    Section { name, text: format!("{:#}\n", harmless::document(value)) }
}

fn versions(now: Timestamp) -> Value {
    let mut system = System::new().ok();
    if let Some(system) = &mut system {
        system.refresh_memory();
    }
    json!({
        "program": env!("CARGO_PKG_VERSION"),
        "at": now,
        "system": System::long_os_version().ok(),
        "kernel": System::kernel_version().ok(),
        "architecture": std::env::consts::ARCH,
        "cores": std::thread::available_parallelism().map(std::num::NonZeroUsize::get).ok(),
        "memory_bytes": system.as_ref().map(System::total_memory),
        "memory_used_bytes": system.as_ref().map(System::used_memory),
    })
}

fn configuration(context: &Context) -> Result<Value, Failure> {
    let flags = context.overrides(&[]);
    let file = context.config_file().map(std::path::PathBuf::as_path);
    let report = config::check(Request { file, env: &context.env, flags: &flags })?;
    Ok(json!({ "valid": report.valid, "errors": report.errors, "values": report.values }))
}

async fn doctor(context: &Context) -> Result<Value, Failure> {
    Ok(serde_json::to_value(doctor::look(context, false).await?)?)
}

async fn library(config: &Config) -> Result<Value, Failure> {
    let settings = Settings::from(config);
    let address = settings.library_address()?;
    let kept = backups::found(&settings);
    if address.is_missing_file() {
        return Ok(json!({ "library": "none yet" }));
    }
    let counted = tokio::task::spawn_blocking(move || Library::inspect(address, census)).await??;
    Ok(json!({ "schema": counted.schema, "rows": counted.rows, "backups": kept }))
}

/// What a running coordinator answers; one line that says so if there is none.
async fn living(context: &Context, config: &Config) -> Vec<Section> {
    let api = match running(context, config).await {
        Ok(Some(api)) => api,
        Ok(None) => {
            return vec![document("status.json", Ok(json!({ "coordinator": "none runs on this library" })))];
        }
        Err(failure) => return vec![document("status.json", Err(failure))],
    };
    let metrics = api.text("/metrics").await.unwrap_or_else(|error| error.to_string());
    let metrics: String = metrics.lines().map(|line| harmless::text(line) + "\n").collect();
    vec![
        document("status.json", status(&api).await),
        document("workers.json", workers(&api).await),
        document("teachers.json", teachers(&api).await),
        document("failures.json", failures(&api).await),
        Section { name: "metrics.txt", text: metrics },
        log(&api).await,
    ]
}

/// One event a line, so that it can be searched as a log.
async fn log(api: &Api) -> Section {
    let page: Result<Page<LogLine>, Failure> = api.get("/v1/log", &[]).await.map_err(Failure::from);
    let lines = match page {
        Ok(page) => page.items.iter().map(|line| json!(line)).collect(),
        Err(failure) => vec![json!({ "not_found_out": failure.summary() })],
    };
    let text = lines.into_iter().map(|line| format!("{}\n", harmless::document(line))).collect();
    Section { name: "log.jsonl", text }
}

async fn status(api: &Api) -> Result<Value, Failure> {
    let status: Status = api.get("/v1/status", &[]).await?;
    Ok(told::status(&status))
}

async fn workers(api: &Api) -> Result<Value, Failure> {
    let page: Page<WorkerView> = api.get("/v1/workers", &[]).await?;
    Ok(page.items.iter().map(told::worker).collect())
}

async fn teachers(api: &Api) -> Result<Value, Failure> {
    let page: Page<TeacherView> = api.get("/v1/teachers", &[]).await?;
    Ok(page.items.iter().map(told::teacher).collect())
}

async fn failures(api: &Api) -> Result<Value, Failure> {
    let dead = [("state", "dead".to_owned())];
    let page: Page<TaskView> = api.list("/v1/tasks", &dead, FAILURES).await?;
    Ok(page.items.iter().filter_map(told::failure).collect())
}
