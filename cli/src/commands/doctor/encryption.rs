//! How the coordinator is reached, and by which key workers know it.

use hafs_coordinator::settings::Settings;
use hafs_coordinator::tls::{Transport, identity};
use hafs_proto::Timestamp;
use hafs_runtime::config::Config;

use super::{Level, Line};
use crate::failure::Failure;

const PART: &str = "coordinator";

/// Looks at address, certificate and key.
pub fn lines(config: &Config, now: Timestamp) -> Vec<Line> {
    let settings = Settings::from(config);
    let listen = settings.listen;
    let Some(transport) = settings.tls.transport(listen) else {
        let found = format!("{listen} would be reachable without TLS");
        return vec![Line::not(Level::Fail, PART, found, "leave `coordinator.tls` out")];
    };
    match transport {
        Transport::Plain => vec![Line::ok(PART, format!("http://{listen}, for this machine only"))],
        Transport::Exposed => {
            let found =
                format!("http://{listen}: NOT ENCRYPTED, everybody on the way can read tokens and data");
            vec![Line::not(Level::Warn, PART, found, "leave `coordinator.tls` and `insecure_http` out")]
        }
        Transport::Encrypted => encrypted(&settings, now),
    }
}

fn encrypted(settings: &Settings, now: Timestamp) -> Vec<Line> {
    let listen = settings.listen;
    match identity(settings, now) {
        Ok(identity) => {
            let (pin, until) = (identity.pin, identity.valid_until);
            let found = format!("https://{listen}, pin {pin}, certificate valid until {until}");
            let warnings = identity.warnings.into_iter();
            let warnings = warnings.map(|it| Line::not(Level::Warn, PART, it, "keep the key to its owner"));
            std::iter::once(Line::ok(PART, found)).chain(warnings).collect()
        }
        Err(error) => {
            let found = Failure::from(error).summary();
            vec![Line::not(
                Level::Fail,
                PART,
                found,
                "correct `coordinator.tls_cert` and `coordinator.tls_key`",
            )]
        }
    }
}
