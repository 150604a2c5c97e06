//! The accept loop. `axum::serve` keeps silent connections for ever; this one has a deadline for request heads, one for
//! connections that are kept without a request, one for peers that stop reading, and caps on connections in all and by
//! address.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tracing::{debug, warn};

use super::greet::greet;
use super::head::{Answer, HeadGuard, Patience, Requests};
use super::stall::StallGuard;
use crate::settings::ConnectionLimits;

/// Most bytes of a request head.
const HEAD_BYTES: usize = 32 * 1024;
/// Most header fields of a request.
const HEADERS: usize = 100;

/// The address of the peer, as an extension of each request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// What a connection is served with.
#[derive(Clone)]
pub struct Service {
    /// The routes.
    pub router: Router,
    /// Encrypts connections; absent: they are plain.
    pub tls: Option<TlsAcceptor>,
    /// Deadlines and caps.
    pub limits: ConnectionLimits,
}

/// Serves until `drain` is cancelled, then lets connections finish the request that they are at.
/// Returns when the last connection is closed or `stop` is cancelled.
pub async fn serve(
    listener: TcpListener,
    service: Service,
    drain: CancellationToken,
    stop: CancellationToken,
) {
    let limits = service.limits;
    let tracker = TaskTracker::new();
    let slots = Arc::new(Semaphore::new(limits.total));
    let by_ip = Arc::new(PerIp::default());
    loop {
        let (stream, peer) = tokio::select! {
            () = drain.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors or the like: the next accept would fail at once, so yield.
                    warn!(error = %error, "could not accept a connection; trying again");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            debug!(peer = %peer, "refused a connection: the cap on all connections is reached");
            continue;
        };
        let Some(seat) = PerIp::enter(&by_ip, peer.ip(), limits.per_ip) else {
            debug!(peer = %peer, "refused a connection: the cap for one address is reached");
            continue;
        };
        let connection = connection(stream, peer, service.clone(), drain.clone());
        let stop = stop.clone();
        tracker.spawn(async move {
            tokio::select! { () = connection => {}, () = stop.cancelled() => {} }
            drop((slot, seat));
        });
    }
    tracker.close();
    tokio::select! { () = tracker.wait() => {}, () = stop.cancelled() => tracker.wait().await }
}

async fn connection(stream: TcpStream, peer: SocketAddr, service: Service, drain: CancellationToken) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(peer = %peer, error = %error, "could not turn off Nagle's algorithm");
    }
    let Some(acceptor) = &service.tls else { return speak(stream, peer, service, drain).await };
    let greeted = tokio::select! {
        greeted = greet(stream, peer, acceptor, service.limits.handshake) => greeted,
        () = drain.cancelled() => None,
    };
    if let Some(stream) = greeted {
        speak(stream, peer, service, drain).await;
    }
}

/// Speaks HTTP over a connection that is ready for it.
async fn speak(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    peer: SocketAddr,
    Service { router, limits, .. }: Service,
    drain: CancellationToken,
) {
    let requests = Arc::new(Requests::default());
    let patience = Patience { head: limits.header, quiet: limits.keep_alive };
    let guarded = HeadGuard::new(StallGuard::new(stream, limits.idle), patience, Arc::clone(&requests));
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, answering) = (router.clone(), requests.begin());
        async move {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Peer(peer.ip()));
            let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
            Ok::<_, Infallible>(response.map(|body| Answer::new(body, answering)))
        }
    });
    let io = TokioIo::new(guarded);
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        // The guard keeps the time: hyper has one deadline for silence and for heads.
        .header_read_timeout(None)
        .max_headers(HEADERS)
        .max_header_size(HEAD_BYTES)
        .serve_connection(io, service);
    tokio::pin!(served);
    let outcome = tokio::select! {
        outcome = served.as_mut() => outcome,
        () = drain.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = outcome {
        debug!(peer = %peer, error = %error, "closed a connection");
    }
}

/// Open connections by address.
#[derive(Debug, Default)]
struct PerIp {
    open: Mutex<BTreeMap<IpAddr, usize>>,
}

/// One open connection; gives its place back when dropped.
struct Seat {
    ip: IpAddr,
    table: Arc<PerIp>,
}

impl PerIp {
    fn enter(table: &Arc<Self>, ip: IpAddr, cap: usize) -> Option<Seat> {
        let mut open = table.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(ip).or_insert(0);
        if *count >= cap {
            return None;
        }
        *count += 1;
        Some(Seat { ip, table: Arc::clone(table) })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.table.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.ip) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.ip);
            }
        }
    }
}
