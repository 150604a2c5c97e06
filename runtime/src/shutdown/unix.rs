//! Signals on Unix.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Patience, Request, Source};

/// SIGTERM and SIGINT.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Installs the handlers.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }
}

impl Source for Signals {
    async fn next(&mut self) -> Option<Request> {
        let name = tokio::select! {
            Some(()) = self.terminate.recv() => "SIGTERM",
            Some(()) = self.interrupt.recv() => "SIGINT",
            else => return None,
        };
        Some(Request { name, patience: Patience::Long })
    }
}
