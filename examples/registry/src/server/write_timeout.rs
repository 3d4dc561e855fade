//! A connection that is closed when its client reads too slowly.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// **A stream whose writes fail** when the client takes fewer than `slowest` bytes within `timeout`, while more are waiting.
///
/// Without the timeout, a client that requests a document and hardly reads it would occupy a connection and the memory of
/// the document for ever.
#[derive(Debug)]
pub(crate) struct WriteTimeout<S> {
    stream: S,
    timeout: Duration,
    slowest: usize,
    /// The timer that was started when a write first had to wait, and the number of bytes that were written since.
    /// `None` if no write waits.
    waiting: Option<(Pin<Box<Sleep>>, usize)>,
}

impl<S> WriteTimeout<S> {
    pub(crate) const fn new(stream: S, timeout: Duration, slowest: usize) -> Self {
        Self { stream, timeout, slowest, waiting: None }
    }

    /// Returns the result of a write, or an error if the client is too slow.
    fn with_timeout(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match (&outcome, &mut self.waiting) {
            (Poll::Ready(Ok(written)), Some((_, since))) => {
                *since = since.saturating_add(*written);
                if *since >= self.slowest {
                    self.waiting = None;
                    return outcome;
                }
            }
            (Poll::Ready(_), _) => return outcome,
            (Poll::Pending, Some(_)) => {}
            (Poll::Pending, waiting @ None) => *waiting = Some((Box::pin(sleep(self.timeout)), 0)),
        }
        let Some((timer, _)) = &mut self.waiting else { return outcome };
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => outcome,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WriteTimeout<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WriteTimeout<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.with_timeout(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.with_timeout(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(context);
        // Everything was written, so the client was not too slow.
        if outcome.is_ready() {
            self.waiting = None;
        }
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::WriteTimeout;
    use std::{io::ErrorKind, time::Duration};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Writes 64 bytes to a client that reads one byte every 50 milliseconds.
    async fn write_to_slow_reader(slowest: usize) -> std::io::Result<()> {
        let (near, mut far) = tokio::io::duplex(4);
        let mut near = WriteTimeout::new(near, Duration::from_secs(1), slowest);
        let reader = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(50)).await;
                far.read_u8().await.unwrap();
            }
        });
        let outcome = near.write_all(&[7; 64]).await;
        reader.abort();
        outcome
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_too_few_bytes_is_cut_off_and_a_slow_one_is_not() {
        // It takes 20 bytes in a second.
        write_to_slow_reader(15).await.unwrap();
        assert_eq!(write_to_slow_reader(25).await.unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_stops_reading_is_cut_off() {
        let (near, _far) = tokio::io::duplex(4);
        let mut near = WriteTimeout::new(near, Duration::from_secs(1), 1);
        assert_eq!(near.write_all(&[7; 8]).await.unwrap_err().kind(), ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_between_two_answers_does_not_count() {
        let (near, mut far) = tokio::io::duplex(4);
        let mut near = WriteTimeout::new(near, Duration::from_secs(1), 1000);
        for _ in 0..2 {
            let read = async { far.read_exact(&mut [0; 8]).await.unwrap() };
            let (written, _) = tokio::join!(near.write_all(&[7; 8]), read);
            written.unwrap();
            near.flush().await.unwrap();
            tokio::time::sleep(Duration::from_secs(5)).await;
        }
    }
}
