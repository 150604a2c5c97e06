//! Registering the service, taking it away, asking how it is.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use hafs_runtime::secret::Secret;
use windows_service::service::{
    Service, ServiceAccess, ServiceAction, ServiceActionType, ServiceErrorControl, ServiceFailureActions,
    ServiceFailureResetPeriod, ServiceInfo, ServiceStartType, ServiceState, ServiceType,
};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

use super::{ACCOUNT, Install, NAME};

/// Waits before a service that crashed is started again; the last one also after later crashes.
const RESTARTS: [Duration; 3] = [Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(300)];
/// After so long without a crash the first wait counts again.
const FORGET: Duration = Duration::from_secs(24 * 3_600);
/// How long a service that was told to stop may take: its drain, and what follows.
const PATIENCE: Duration = Duration::from_secs(60);
const PULSE: Duration = Duration::from_millis(200);

pub(super) fn install(install: &Install) -> anyhow::Result<()> {
    let config = std::path::absolute(&install.config)?;
    if !config.is_file() {
        bail!(
            "there is no configuration at {}; write one first, or use deploy/windows/install.ps1",
            config.display()
        );
    }
    let info = info(install, &config)?;
    let access = ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE;
    let manager = ServiceManager::local_computer(None::<&str>, access).context(
        "the service control manager lets nobody but administrators in; open the console as administrator",
    )?;
    let service = manager
        .create_service(&info, ServiceAccess::CHANGE_CONFIG | ServiceAccess::START)
        .context("could not register the service; if it is there already: hafs-worker service uninstall")?;
    if let Err(error) = embellish(&service) {
        say(&format!("it will not be started again after a crash: {error}"))?;
    }
    say(&format!("{NAME} is registered; start it with: sc start {NAME}"))
}

/// What is good to have and not had everywhere: Wine knows little of it.
fn embellish(service: &Service) -> windows_service::Result<()> {
    service
        .set_description("Does tasks of a hafs factory with this machine's models, compilers and sources.")?;
    service.update_failure_actions(restarts())?;
    service.set_delayed_auto_start(true)
}

fn info(install: &Install, config: &Path) -> anyhow::Result<ServiceInfo> {
    let password = install.password_file.as_deref().map(Secret::from_file).transpose()?;
    Ok(ServiceInfo {
        name: NAME.into(),
        display_name: "hafs worker".into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::AutoStart,
        error_control: ServiceErrorControl::Normal,
        executable_path: std::env::current_exe().context("where this program is, is not known")?,
        // Paths with spaces are quoted by the library.
        launch_arguments: ["service", "run", "--config"]
            .map(OsString::from)
            .into_iter()
            .chain([config.into()])
            .collect(),
        dependencies: Vec::new(),
        account_name: Some(install.account.as_deref().unwrap_or(ACCOUNT).into()),
        account_password: password.map(|password| password.expose().into()),
    })
}

/// A service that crashed is started again. One that ended by itself, because it was shut out for example, is not.
fn restarts() -> ServiceFailureActions {
    let restart = |delay| ServiceAction { action_type: ServiceActionType::Restart, delay };
    ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(FORGET),
        reboot_msg: None,
        command: None,
        actions: Some(RESTARTS.map(restart).to_vec()),
    }
}

pub(super) fn uninstall() -> anyhow::Result<()> {
    let service = open(ServiceAccess::QUERY_STATUS | ServiceAccess::STOP | ServiceAccess::DELETE)?;
    if service.query_status()?.current_state != ServiceState::Stopped {
        // It may have ended since it was asked.
        let _ = service.stop();
        wait_until_stopped(&service)?;
    }
    service.delete().context("could not take the service away")?;
    say(&format!("{NAME} is no service any more; its configuration, credential and results are kept"))
}

fn wait_until_stopped(service: &Service) -> anyhow::Result<()> {
    let mut waited = Duration::ZERO;
    while service.query_status()?.current_state != ServiceState::Stopped {
        if waited >= PATIENCE {
            bail!(
                "{NAME} has not stopped within {} s; look into its log, then try again",
                PATIENCE.as_secs()
            );
        }
        std::thread::sleep(PULSE);
        waited += PULSE;
    }
    Ok(())
}

pub(super) fn status() -> anyhow::Result<()> {
    let service = open(ServiceAccess::QUERY_STATUS | ServiceAccess::QUERY_CONFIG)?;
    let (status, config) = (service.query_status()?, service.query_config()?);
    let words = match status.current_state {
        ServiceState::Stopped => "stopped",
        ServiceState::StartPending => "starting",
        ServiceState::StopPending => "draining",
        ServiceState::Running => "running",
        ServiceState::ContinuePending | ServiceState::PausePending | ServiceState::Paused => "paused",
    };
    let process = status.process_id.map(|id| format!(", process {id}")).unwrap_or_default();
    let account = config.account_name.unwrap_or_default();
    let program: PathBuf = config.executable_path;
    say(&format!("{NAME}: {words}{process}; account {}; {}", account.display(), program.display()))
}

fn open(access: ServiceAccess) -> anyhow::Result<Service> {
    let manager = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT)
        .context("could not reach the service control manager")?;
    manager.open_service(NAME, access).context(
        "there is no service hafs-worker, or this account may not do that to it; as administrator: hafs-worker service \
         install --config FILE",
    )
}

/// The result of an order, on standard output.
fn say(words: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{words}")?)
}
