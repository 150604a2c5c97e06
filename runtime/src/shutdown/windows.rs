//! Console events on Windows. After a close or shutdown event the system leaves about five seconds.

use std::io;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown,
};

use super::Source;

/// Ctrl-C, Ctrl-Break, closing the console, shutting down.
pub(super) struct Signals {
    ctrl_c: CtrlC,
    ctrl_break: CtrlBreak,
    ctrl_close: CtrlClose,
    ctrl_shutdown: CtrlShutdown,
}

impl Signals {
    /// Installs the handlers.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            ctrl_c: ctrl_c()?,
            ctrl_break: ctrl_break()?,
            ctrl_close: ctrl_close()?,
            ctrl_shutdown: ctrl_shutdown()?,
        })
    }
}

impl Source for Signals {
    async fn next(&mut self) -> Option<&'static str> {
        tokio::select! {
            Some(()) = self.ctrl_c.recv() => Some("CTRL_C"),
            Some(()) = self.ctrl_break.recv() => Some("CTRL_BREAK"),
            Some(()) = self.ctrl_close.recv() => Some("CTRL_CLOSE"),
            Some(()) = self.ctrl_shutdown.recv() => Some("CTRL_SHUTDOWN"),
            else => None,
        }
    }
}
