//! The signals that ask a service to stop: the first one asks, the second one insists.

#[cfg(unix)]
mod hangup;

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// Runs a service until it ends, by itself or because a signal asked it to.
///
/// From the moment this is called, SIGTERM and SIGINT (ctrl-c) do not kill the process any more: the first one
/// completes the [`Stop`] that the service got, which is to end gracefully then, and the second one ends it
/// where it stands.
///
/// ```no_run
/// use kaa_process::signals::{self, SignalsError};
///
/// # async fn serve(stop: impl Future<Output = ()>) {}
/// # async fn example() -> Result<(), SignalsError> {
/// signals::run(async |stop| {
///     // Connect, then:
///     serve(stop).await;
/// })
/// .await
/// # }
/// ```
///
/// # Errors
///
/// [`SignalsError`]: signals cannot be listened to, or the second one came before the service had ended.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O.
pub async fn run<T>(service: impl AsyncFnOnce(Stop) -> T) -> Result<T, SignalsError> {
    Signals::listen().map_err(SignalsError::Unavailable)?.run(service).await
}

/// Completes when the service is asked to stop.
#[derive(Debug)]
#[must_use = "a service that does not listen is not stopped gracefully"]
pub struct Stop(oneshot::Receiver<()>);

impl Future for Stop {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // When there is nobody left who could ask, it is time to stop as well.
        Pin::new(&mut self.0).poll(context).map(drop)
    }
}

/// Why a service did not run to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalsError {
    /// The system does not let the program listen to signals.
    #[error("signals cannot be listened to")]
    Unavailable(#[source] io::Error),
    /// A second signal came while the service was stopping.
    #[error("stopped at once, by a second signal: requests were left unfinished")]
    Interrupted,
}

/// SIGTERM and SIGINT (ctrl-c), from the moment this is made: one that comes before the service
/// looks is not missed, and does not kill it.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// When the system does not let the program.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hangup: None })
    }

    /// Begins to listen.
    ///
    /// # Errors
    ///
    /// When the system does not let the program.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O.
    #[cfg(windows)]
    pub fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Listens to SIGHUP as well, which comes when the terminal is closed: for programs of a terminal that leave
    /// something behind when they are killed. It counts once, as a terminal that is closed may send it twice, and not at
    /// all in a program that `nohup` has started. Where there is no such signal, this changes nothing.
    ///
    /// # Errors
    ///
    /// When the system does not let the program.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime with I/O.
    #[cfg_attr(windows, allow(unused_mut, reason = "there is nothing to add"))]
    pub fn with_hangup(mut self) -> io::Result<Self> {
        #[cfg(unix)]
        if !hangup::is_ignored() {
            self.hangup = Some(tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?);
        }
        Ok(self)
    }

    /// Runs a service as [`run`] does.
    ///
    /// # Errors
    ///
    /// [`SignalsError::Interrupted`]: the second signal came before the service had ended.
    pub async fn run<T>(mut self, service: impl AsyncFnOnce(Stop) -> T) -> Result<T, SignalsError> {
        let (ask, asked) = oneshot::channel();
        let patience = async {
            self.next().await;
            // A service that does not listen is ended by the next one.
            let _ = ask.send(());
            self.next().await;
        };
        tokio::select! {
            ended = service(Stop(asked)) => Ok(ended),
            () = patience => Err(SignalsError::Interrupted),
        }
    }

    /// Waits for the next one. Cancel safe: what was not awaited is not lost.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            () = hangup::once(&mut self.hangup) => {}
        }
        #[cfg(windows)]
        self.interrupt.recv().await;
    }
}
