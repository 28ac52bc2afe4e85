//! A listener whose connections come to the test.

use std::net::SocketAddr;
use std::time::Duration;

use kaa_kpc::limits::Limits;
use kaa_kpc::listen::{Admission, Connections, Listener, Peer, Stream, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// So long nothing takes on a machine that is not broken.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("in time")
}

/// Lets everybody do what can be done without waiting. With one thread, each turn looks at the sockets, too.
pub(crate) async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

/// A listener that serves.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) admission: Admission,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Connections>,
}

impl Server {
    pub(crate) fn start<H, F>(admission: &Admission, tls: Option<&Tls>, handler: H) -> Self
    where
        H: Fn(Stream, Peer) -> F + Clone + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let mut listener = Listener::bind("test.listen", "127.0.0.1:0".parse().unwrap()).unwrap();
        if let Some(tls) = tls {
            listener = listener.with_tls(tls.clone());
        }
        let address = listener.local_addr();
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.unwrap_or_default() };
        let serving = tokio::spawn(listener.serve(admission.clone(), handler, stopped));
        Self { address, admission: admission.clone(), stop, serving }
    }

    /// One that hands its connections to the test, where they live on.
    pub(crate) fn handing_over(limits: &Limits, tls: Option<&Tls>) -> (Self, Arrivals) {
        Self::sharing(&Admission::new(limits), tls)
    }

    pub(crate) fn sharing(admission: &Admission, tls: Option<&Tls>) -> (Self, Arrivals) {
        let (sender, arrivals) = mpsc::unbounded_channel();
        let server = Self::start(admission, tls, move |stream, peer| {
            let sender = sender.clone();
            async move {
                let _ = sender.send((stream, peer));
            }
        });
        (server, Arrivals(arrivals))
    }

    /// One that sends back what it gets.
    pub(crate) fn echoing(limits: &Limits) -> Self {
        Self::start(&Admission::new(limits), None, |mut stream, peer| async move {
            let _peer = peer;
            let mut buffer = [0; 64];
            while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                let _ = stream.write_all(&buffer[..length]).await;
            }
        })
    }

    pub(crate) async fn stop(self) -> Connections {
        drop(self.stop);
        in_time(self.serving).await.unwrap()
    }
}

/// The connections of a listener, in their order.
pub(crate) struct Arrivals(mpsc::UnboundedReceiver<(Stream, Peer)>);

impl Arrivals {
    pub(crate) async fn next(&mut self) -> (Stream, Peer) {
        in_time(self.0.recv()).await.expect("the listener serves")
    }

    /// The same without a deadline, for paused time: a deadline would come at once.
    pub(crate) async fn next_at_last(&mut self) -> (Stream, Peer) {
        self.0.recv().await.expect("the listener serves")
    }

    /// Nobody is there, nor comes without more ado.
    pub(crate) async fn none(&mut self) {
        settle().await;
        assert!(self.0.try_recv().is_err(), "somebody was accepted");
    }
}

/// Waits until the server has closed the connection.
pub(crate) async fn closed(mut client: TcpStream) {
    match client.read(&mut [0]).await {
        Ok(0) | Err(_) => {}
        Ok(_) => panic!("the server has sent something"),
    }
}

pub(crate) async fn echo(client: &mut TcpStream) {
    client.write_all(b"ping").await.unwrap();
    let mut answer = [0; 4];
    in_time(client.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"ping");
}
