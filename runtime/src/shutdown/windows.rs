//! Console events on Windows. After a close, logoff or shutdown event the system leaves about five seconds.

use std::io;

use tokio::signal::windows::{
    CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown, ctrl_break, ctrl_c, ctrl_close, ctrl_logoff,
    ctrl_shutdown,
};

use super::{Patience, Request, Source};

/// Ctrl-C, Ctrl-Break, closing the console, logging off, shutting down.
pub(super) struct Signals {
    ctrl_c: CtrlC,
    ctrl_break: CtrlBreak,
    ctrl_close: CtrlClose,
    ctrl_logoff: CtrlLogoff,
    ctrl_shutdown: CtrlShutdown,
}

impl Signals {
    /// Installs the handlers.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            ctrl_c: ctrl_c()?,
            ctrl_break: ctrl_break()?,
            ctrl_close: ctrl_close()?,
            ctrl_logoff: ctrl_logoff()?,
            ctrl_shutdown: ctrl_shutdown()?,
        })
    }
}

impl Source for Signals {
    async fn next(&mut self) -> Option<Request> {
        let (name, patience) = tokio::select! {
            Some(()) = self.ctrl_c.recv() => ("CTRL_C", Patience::Long),
            Some(()) = self.ctrl_break.recv() => ("CTRL_BREAK", Patience::Long),
            Some(()) = self.ctrl_close.recv() => ("CTRL_CLOSE", Patience::Short),
            Some(()) = self.ctrl_logoff.recv() => ("CTRL_LOGOFF", Patience::Short),
            Some(()) = self.ctrl_shutdown.recv() => ("CTRL_SHUTDOWN", Patience::Short),
            else => return None,
        };
        Some(Request { name, patience })
    }
}
