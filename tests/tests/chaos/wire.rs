//! A wire between two processes that can be cut, or made to carry bytes one way only.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

/// What a wire does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It carries everything.
    Whole,
    /// Connections break, and new ones are closed at once.
    Cut,
    /// What the client sends vanishes; it is told nothing.
    Deaf,
    /// The server gets everything; its answers vanish.
    Mute,
}

/// Where a wire leads.
#[derive(Debug, Clone)]
pub enum End {
    Port(SocketAddr),
    Socket(PathBuf),
}

/// A wire. Its task ends with the test's runtime.
#[derive(Debug)]
pub struct Wire {
    /// Where its near end listens.
    pub address: SocketAddr,
    state: watch::Sender<State>,
}

impl Wire {
    pub async fn lay(far: End) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let (state, seen) = watch::channel(State::Whole);
        let tasks = TaskTracker::new();
        tasks.clone().spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if *seen.borrow() != State::Cut {
                    tasks.spawn(carry(near, far.clone(), seen.clone()));
                }
            }
        });
        Self { address, state }
    }

    pub fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

async fn carry(near: TcpStream, far: End, state: watch::Receiver<State>) {
    let (near_in, near_out) = near.into_split();
    // Either direction that ends takes the other with it, as a broken connection does.
    match far {
        End::Port(address) => {
            let Ok(far) = TcpStream::connect(address).await else { return };
            let (far_in, far_out) = far.into_split();
            tokio::select! {
                () = pump(near_in, far_out, state.clone(), State::Deaf) => {}
                () = pump(far_in, near_out, state, State::Mute) => {}
            }
        }
        End::Socket(path) => {
            let Ok(far) = UnixStream::connect(path).await else { return };
            let (far_in, far_out) = far.into_split();
            tokio::select! {
                () = pump(near_in, far_out, state.clone(), State::Deaf) => {}
                () = pump(far_in, near_out, state, State::Mute) => {}
            }
        }
    }
}

/// Carries bytes until the connection ends. One that has swallowed some ends when it could carry again: what follows
/// would make no sense.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
    swallows: State,
) {
    let (mut buffer, mut swallowed) = (vec![0; 64 * 1024], false);
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            changed = state.changed() => {
                let now = *state.borrow();
                if changed.is_err() || now == State::Cut || swallowed && now != swallows { return }
                continue;
            }
        };
        let Ok(count @ 1..) = read else { return };
        if *state.borrow() == swallows {
            swallowed = true;
        } else if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
