//! A stream that gives up on a peer who is slow with the head of a request, or who is silent for too long between two
//! requests. The two are told apart, because a connection that is kept for the next request costs little and one that
//! sends its head a byte at a time is meant to cost much.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a peer may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From the first byte of a head to its last; the first head's time runs from the connection's opening.
    pub head: Duration,
    /// Without a byte, between an answer and the next head.
    pub quiet: Duration,
}

/// The requests of one connection, counted where they are answered and asked about where bytes arrive.
#[derive(Debug, Default)]
pub struct Requests {
    begun: AtomicU64,
    answered: AtomicU64,
}

impl Requests {
    /// A head has arrived; the request is being answered until the result is dropped.
    pub fn begin(self: &Arc<Self>) -> Answering {
        self.begun.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub struct Answering(Arc<Requests>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answered.fetch_add(1, Ordering::Relaxed);
    }
}

/// The body of an answer. Its request is answered when it is dropped: when its last byte was handed over.
#[derive(Debug)]
pub struct Answer {
    body: Body,
    _until_sent: Answering,
}

impl Answer {
    /// The body that ends a request.
    pub const fn new(body: Body, until_sent: Answering) -> Self {
        Self { body, _until_sent: until_sent }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// What a connection waits for.
enum Awaited {
    /// Nothing with a deadline: a request is being answered.
    Nothing,
    /// The first byte of the next head.
    Quiet(Pin<Box<Sleep>>),
    /// The rest of a head.
    Head(Pin<Box<Sleep>>),
}

/// Passes everything through; fails a read with `TimedOut` when the peer has taken too long.
pub struct HeadGuard<S> {
    stream: S,
    patience: Patience,
    requests: Arc<Requests>,
    /// Requests whose head had arrived when `awaited` was last looked at.
    begun: u64,
    awaited: Awaited,
}

impl<S> HeadGuard<S> {
    /// Guards a connection that was opened now.
    pub fn new(stream: S, patience: Patience, requests: Arc<Requests>) -> Self {
        let awaited = Awaited::Head(Box::pin(sleep(patience.head)));
        Self { stream, patience, requests, begun: 0, awaited }
    }

    /// Notes what `bytes` more mean for what is waited for; true when its time is over.
    fn is_late(&mut self, cx: &mut Context<'_>, bytes: bool) -> bool {
        let begun = self.requests.begun.load(Ordering::Relaxed);
        if begun != self.begun || self.requests.answered.load(Ordering::Relaxed) != begun {
            self.begun = begun;
            self.awaited = Awaited::Nothing;
        }
        if self.requests.answered.load(Ordering::Relaxed) != begun {
            return false;
        }
        let head = self.patience.head;
        match (&mut self.awaited, bytes) {
            (Awaited::Head(_), _) | (Awaited::Quiet(_), false) => {}
            (Awaited::Nothing | Awaited::Quiet(_), true) => {
                self.awaited = Awaited::Head(Box::pin(sleep(head)))
            }
            (Awaited::Nothing, false) => self.awaited = Awaited::Quiet(Box::pin(sleep(self.patience.quiet))),
        }
        match &mut self.awaited {
            Awaited::Nothing => false,
            Awaited::Quiet(deadline) | Awaited::Head(deadline) => deadline.as_mut().poll(cx).is_ready(),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for HeadGuard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let bytes = buffer.filled().len() > before;
        // The end of the stream, or an error, says it all by itself.
        let goes_on = polled.is_pending() || bytes;
        if goes_on && self.is_late(cx, bytes) {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for HeadGuard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
    use tokio::time::{Instant, timeout};

    const PATIENCE: Patience = Patience { head: Duration::from_secs(10), quiet: Duration::from_secs(75) };

    fn connection() -> (HeadGuard<DuplexStream>, DuplexStream, Arc<Requests>) {
        let (near, far) = tokio::io::duplex(64);
        let requests = Arc::new(Requests::default());
        (HeadGuard::new(near, PATIENCE, Arc::clone(&requests)), far, requests)
    }

    /// Reads until the guard gives up; the seconds that it took.
    async fn patience_of(guarded: &mut HeadGuard<DuplexStream>) -> u64 {
        let began = Instant::now();
        let mut byte = [0];
        let error = loop {
            match guarded.read(&mut byte).await {
                Ok(read) => assert_eq!(read, 1, "the peer is there"),
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        began.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_a_first_head_has_the_time_of_a_head() {
        let (mut guarded, _far, _requests) = connection();
        assert_eq!(patience_of(&mut guarded).await, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn after_an_answer_a_connection_may_be_quiet_for_longer() {
        let (mut guarded, mut far, requests) = connection();
        far.write_all(b"head").await.expect("fits");
        guarded.read_exact(&mut [0; 4]).await.expect("in time");
        drop(requests.begin());
        assert_eq!(patience_of(&mut guarded).await, 75);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_trickles_is_cut_off_however_long_the_connection_was_quiet() {
        let (mut guarded, mut far, requests) = connection();
        drop(requests.begin());
        let trickle = async move {
            tokio::time::sleep(Duration::from_secs(60)).await;
            while far.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let cut_off = async move { patience_of(&mut guarded).await };
        let (waited, ()) = tokio::join!(cut_off, trickle);
        assert_eq!(waited, 70);
    }

    #[tokio::test(start_paused = true)]
    async fn while_a_request_is_answered_neither_deadline_runs() {
        let (mut guarded, mut far, requests) = connection();
        let answering = requests.begin();
        far.write_all(b"body").await.expect("fits");
        guarded.read_exact(&mut [0; 4]).await.expect("in time");
        let mut byte = [0];
        let silence = timeout(Duration::from_secs(3_600), guarded.read(&mut byte)).await;
        assert!(silence.is_err(), "a long poll may take its time");
        far.write_all(b"x").await.expect("fits");
        assert_eq!(guarded.read(&mut byte).await.expect("in time"), 1);
        drop(answering);
    }
}
