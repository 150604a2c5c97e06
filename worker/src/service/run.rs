//! Running under the service control manager, which tells of stops, of the machine's end and of its sleep.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use hafs_runtime::env::Environment;
use hafs_runtime::log_file::LogFile;
use hafs_runtime::shutdown::Shutdown;
use hafs_runtime::telemetry::init_in;
use tokio_util::task::TaskTracker;
use tracing::{error, info, warn};
use windows_service::define_windows_service;
use windows_service::service::{
    PowerEventParam, ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus,
    ServiceType,
};
use windows_service::service_control_handler::{ServiceControlHandlerResult, ServiceStatusHandle, register};
use windows_service::service_dispatcher;

use super::{LINK, LOG, NAME, Run};
use crate::command::{Start, runtime, work};
use crate::power::{Power, PowerLine, PowerSwitch};

/// How long a stop may take: a drain of 30 s, 5 s to hand back, and something for a slow disk.
const STOPPING: Duration = Duration::from_secs(45);
/// Windows sleeps two seconds after it has told of it, or as soon as everybody has heard: this is left for handing back.
/// Source: Microsoft, "PBT_APMSUSPEND event".
const BEFORE_SLEEP: Duration = Duration::from_millis(1_500);
/// The exit code of a worker that could not go on; the log says why.
const FAILED: u32 = 1;

/// The configuration, on its way through the dispatcher, which passes nothing on.
static CONFIG: Mutex<Option<PathBuf>> = Mutex::new(None);

define_windows_service!(begin, service_main);

/// Hands this thread to the service control manager until the service has stopped.
pub(super) fn dispatch(run: Run) -> anyhow::Result<()> {
    *CONFIG.lock().unwrap_or_else(PoisonError::into_inner) = Some(run.config);
    service_dispatcher::start(NAME, begin)
        .context("only the service control manager can start it so; use `sc start hafs-worker`")
}

fn service_main(_: Vec<OsString>) {
    let config = CONFIG.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
    let env = Environment::of_process();
    let folder = config.parent().unwrap_or(Path::new("")).to_owned();
    // Without a log the exit code is all that can be seen; the work is done all the same.
    let logged = LogFile::open(&folder.join(LOG)).map(|file| init_in(file, "info", &env));
    if let Err(error) = serve(config, &folder, env) {
        error!("the service ends: {error:#}");
    }
    drop(logged);
}

fn serve(config: PathBuf, folder: &Path, env: Environment) -> anyhow::Result<()> {
    let (shutdown, (switch, power)) = (Shutdown::new(), PowerSwitch::new());
    let (runtime, hurries) = (runtime()?, TaskTracker::new());
    let (told, handle, tracker) = (shutdown.clone(), runtime.handle().clone(), hurries.clone());
    let status = register(NAME, move |control| match wish(&control) {
        Wish::Stop => {
            info!("the service is to stop; draining");
            told.advance();
            ServiceControlHandlerResult::NoError
        }
        Wish::Hurry => {
            info!("the machine shuts down; draining");
            let told = told.clone();
            tracker.spawn_on(async move { told.hurry().await }, &handle);
            ServiceControlHandlerResult::NoError
        }
        Wish::Power(power) => {
            switch.set(power);
            if power == Power::FallingAsleep {
                std::thread::sleep(BEFORE_SLEEP);
            }
            ServiceControlHandlerResult::NoError
        }
        Wish::Nothing => ServiceControlHandlerResult::NoError,
        Wish::Unknown => ServiceControlHandlerResult::NotImplemented,
    })?;
    say(status, ServiceState::Running)?;
    let ended = runtime.block_on(until_stopped(start(config, folder), env, (&shutdown, power), status));
    forget_link(folder);
    let code =
        if ended.is_ok() { ServiceExitCode::Win32(0) } else { ServiceExitCode::ServiceSpecific(FAILED) };
    // What still runs has been called off.
    runtime.shutdown_timeout(Duration::from_secs(1));
    status.set_service_status(ServiceStatus { exit_code: code, ..of(ServiceState::Stopped) })?;
    ended
}

/// Works, and tells the manager when the drain begins.
async fn until_stopped(
    start: Start,
    env: Environment,
    (shutdown, power): (&Shutdown, PowerLine),
    status: ServiceStatusHandle,
) -> anyhow::Result<()> {
    let mut working = std::pin::pin!(work(start, env, (shutdown, power)));
    tokio::select! {
        ended = &mut working => return ended,
        () = shutdown.drain.cancelled() => say(status, ServiceState::StopPending)?,
    }
    working.await
}

/// With the join link that lies beside the configuration, if one does.
fn start(config: PathBuf, folder: &Path) -> Start {
    Start::by(config, Some(folder.join(LINK)).filter(|link| link.is_file()))
}

/// The link was used, or was good for nothing: the next one is written by a person.
fn forget_link(folder: &Path) {
    let link = folder.join(LINK);
    if link.is_file()
        && let Err(error) = std::fs::remove_file(&link)
    {
        warn!(%error, "{} could not be deleted; delete it, its token is used up", link.display());
    }
}

/// What the manager wants.
enum Wish {
    Stop,
    /// The machine ends in some seconds.
    Hurry,
    Power(Power),
    Nothing,
    Unknown,
}

const fn wish(control: &ServiceControl) -> Wish {
    match control {
        ServiceControl::Stop => Wish::Stop,
        ServiceControl::Shutdown | ServiceControl::Preshutdown => Wish::Hurry,
        ServiceControl::PowerEvent(event) => of_power(event),
        ServiceControl::Interrogate => Wish::Nothing,
        // Not promised to be all; what was not asked for does not come.
        _ => Wish::Unknown,
    }
}

const fn of_power(event: &PowerEventParam) -> Wish {
    match event {
        PowerEventParam::Suspend => Wish::Power(Power::FallingAsleep),
        PowerEventParam::ResumeAutomatic
        | PowerEventParam::ResumeSuspend
        | PowerEventParam::ResumeCritical => Wish::Power(Power::Awake),
        // Batteries and settings.
        _ => Wish::Nothing,
    }
}

fn say(status: ServiceStatusHandle, state: ServiceState) -> anyhow::Result<()> {
    Ok(status.set_service_status(of(state))?)
}

const fn of(state: ServiceState) -> ServiceStatus {
    let (controls_accepted, wait_hint) = match state {
        ServiceState::Running => (
            ServiceControlAccept::STOP
                .union(ServiceControlAccept::SHUTDOWN)
                .union(ServiceControlAccept::POWER_EVENT),
            Duration::ZERO,
        ),
        ServiceState::StopPending => (ServiceControlAccept::STOP, STOPPING),
        ServiceState::Stopped
        | ServiceState::StartPending
        | ServiceState::ContinuePending
        | ServiceState::PausePending
        | ServiceState::Paused => (ServiceControlAccept::empty(), Duration::ZERO),
    };
    ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted,
        exit_code: ServiceExitCode::Win32(0),
        checkpoint: 0,
        wait_hint,
        process_id: None,
    }
}
