//! From the first byte to the CONNACK.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use super::link::Link;
use super::opening::{Opening, Refusal, announced};
use super::output::Output;
use super::protocol::Protocol;
use super::registry::Place;
use super::running::Session;
use super::timing::Timing;
use crate::front::Front;
use crate::identity::clients::{Client, Login};
use crate::listen::Peer;
use crate::mqtt::packet::{ClientPacket, Connect, ProtocolVersion, ServerPacket};
use crate::mqtt::{Answer, Encoder};

/// How long a client that is not served may take to hear that.
const FAREWELL: Duration = Duration::from_secs(1);

/// Opens the session that a client asks for. `None` when it gets none; then its connection is closed.
///
/// Nothing but the CONNECT is looked at, and nothing behind it is read, so a client that is not known
/// takes no more memory than the largest packet before login.
pub(super) async fn open<Io>(front: Arc<Front>, io: Io, mut peer: Peer) -> Option<Box<Session<Io>>>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &front.limits;
    let mut link = Link::new(io, announced(limits, limits.packet_before_login));
    let deadline = peer.since + limits.login;
    let connect = match timeout_at(deadline, read_connect(&mut link)).await {
        Ok(First::Connect(connect)) => connect,
        Ok(First::Malformed(answer)) => {
            front.tally.violations();
            refuse(link, answer).await;
            return None;
        }
        // It has said nothing that could be answered.
        Ok(First::Nothing) => {
            front.tally.lost();
            return None;
        }
        Err(_) => {
            front.tally.slow_logins();
            return None;
        }
    };
    let login = timeout_at(deadline, log_in(&front, &connect, &peer)).await;
    let (opening, place) = match login {
        Ok(Ok(login)) => login,
        Ok(Err(refusal)) => {
            tracing::debug!(peer = %peer.address, %refusal, "login refused");
            front.tally.denied();
            return refuse_connect(link, &connect, &refusal).await;
        }
        Err(_) => {
            front.tally.slow_logins();
            let refusal = Refusal::busy("the login took too long; try again later");
            return refuse_connect(link, &connect, &refusal).await;
        }
    };
    peer.slot.logged_in();
    link.set_capabilities(announced(limits, limits.packet));
    let encoder = Encoder::for_client(&connect);
    let mut protocol = Protocol::new(connect.version, encoder, opening.window, limits);
    if protocol.output.write(&opening.accept(limits)).is_err() {
        // It does not even take a CONNACK, so there is nothing that could be said.
        front.tally.unwritable();
        return None;
    }
    front.tally.opened();
    let timing = Timing::new(limits, opening.keep_alive, Instant::now());
    Some(Box::new(Session::new(front, peer, link, protocol, timing, place)))
}

/// What a connection begins with.
enum First {
    Connect(Connect),
    Malformed(Option<Answer>),
    Nothing,
}

async fn read_connect<Io: AsyncRead + AsyncWrite + Unpin>(link: &mut Link<Io>) -> First {
    loop {
        match link.next_packet() {
            Ok(Some((ClientPacket::Connect(connect), _))) => return First::Connect(connect),
            // The codec lets nothing else through.
            Ok(Some(_)) => return First::Malformed(None),
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "not a CONNECT");
                return First::Malformed(error.answer());
            }
        }
        match std::future::poll_fn(|cx| link.poll_read(cx)).await {
            Ok(0) | Err(_) => return First::Nothing,
            Ok(_) => {}
        }
    }
}

/// Who it is, and the place of its session.
async fn log_in(front: &Arc<Front>, connect: &Connect, peer: &Peer) -> Result<(Opening, Place), Refusal> {
    let opening = Opening::judge(connect, &front.limits)?;
    let login = Login {
        user_name: connect.credentials.user_name.clone(),
        password: connect.credentials.password.clone(),
        certificate: peer.certificate.clone(),
    };
    loop {
        let revocations = front.sessions.revocations();
        let client: Client = front.authenticator.admit(&login, peer.address.ip()).await?;
        let place = Place::take(front, Arc::clone(&opening.client_id), &client).await?;
        // From here on a revocation finds it. If one has come between, its credential may not be valid.
        if front.sessions.revocations() == revocations || client.credential.is_none() {
            return Ok((opening, place));
        }
    }
}

async fn refuse_connect<Io, T>(link: Link<Io>, connect: &Connect, refusal: &Refusal) -> Option<T>
where
    Io: AsyncRead + AsyncWrite + Unpin,
{
    let mut output = Output::new(Encoder::for_client(connect));
    // What the client does not take, or MQTT 3.1.1 has no code for, is not said.
    let _ = output.write(&refusal.connack());
    close(link, output).await;
    None
}

async fn refuse<Io: AsyncRead + AsyncWrite + Unpin>(link: Link<Io>, answer: Option<Answer>) {
    let mut output = Output::new(Encoder::new(ProtocolVersion::V5));
    // Nothing but a CONNACK may be the first packet [MQTT-3.2.0-1].
    if let Some(Answer { version, packet: packet @ ServerPacket::ConnAck(_) }) = answer {
        output = Output::new(Encoder::new(version));
        let _ = output.write(&packet);
    }
    close(link, output).await;
}

async fn close<Io: AsyncRead + AsyncWrite + Unpin>(mut link: Link<Io>, mut output: Output) {
    if link.finish(&mut output, FAREWELL).await.is_ok() {
        link.linger().await;
    }
}
