//! From bytes to packets.

mod acknowledgement;
mod aliases;
mod connect;
mod disconnect;
mod error;
mod header;
mod publish;
mod subscribe;

use bytes::{Buf, Bytes, BytesMut};

use super::capabilities::Capabilities;
use super::packet::{ClientPacket, PacketType, ProtocolVersion};
use super::place::Place;
use super::reader::{Fault, Reader};
use super::violation::Violation;
use connect::Established;
use header::Header;

pub use error::{Answer, DecodeError};

/// Takes the packets of one client out of the bytes that it sends.
///
/// The version is that of the CONNECT, which has to come first. Whether a packet is allowed is judged as
/// early as its bytes are there: type, order and flags by the first one, the size before the packet is
/// waited for.
#[derive(Debug)]
pub struct Decoder {
    capabilities: Capabilities,
    /// What the CONNECT has settled, once it came.
    established: Option<Established>,
    /// After an error there is no way to know where the next packet begins.
    failed: Option<DecodeError>,
}

impl Decoder {
    /// A decoder for a new connection.
    pub fn new(capabilities: Capabilities) -> Self {
        Self { capabilities, established: None, failed: None }
    }

    /// The version of the CONNECT, once it came.
    pub fn version(&self) -> Option<ProtocolVersion> {
        self.established.as_ref().map(|established| established.version)
    }

    /// Insists on something else from the next packet on: more, once a client has shown who it is.
    pub fn set_capabilities(&mut self, capabilities: Capabilities) {
        self.capabilities = capabilities;
    }

    /// The next packet; `None` when `buffer` has only a part of it, or nothing.
    ///
    /// A packet is taken out of the buffer and shares its memory. A part of a packet stays there.
    ///
    /// # Errors
    ///
    /// The first rule that the bytes break. The connection has to be closed then, after
    /// [`DecodeError::answer`]; every further call gives the same error.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<ClientPacket>, DecodeError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.next(buffer).inspect_err(|error| self.failed = Some(*error))
    }

    fn next(&mut self, buffer: &mut BytesMut) -> Result<Option<ClientPacket>, DecodeError> {
        let version = self.version();
        let Some(first) = buffer.first() else { return Ok(None) };
        let start = Header::start(*first, version)
            .map_err(|fault| DecodeError::new(PacketType::from_number(first >> 4), version, fault))?;
        let error = |version, fault| DecodeError::new(Some(start.packet), version, fault);
        let limit = self.capabilities.maximum_packet_size.get();
        let Some(header) = start.complete(buffer, limit, version).map_err(|fault| error(version, fault))?
        else {
            return Ok(None);
        };
        let Some(frame) = header.take_frame(buffer) else { return Ok(None) };

        let mut input = Reader::new(&frame);
        match &mut self.established {
            Some(established) => decode_body(&header, input, &self.capabilities, established)
                .map(Some)
                .map_err(|fault| error(version, fault)),
            None => {
                let version = connect::read_version(&mut input).map_err(|fault| error(None, fault))?;
                let connect = connect::decode(&header, input, version, &self.capabilities)
                    .map_err(|fault| error(Some(version), fault))?;
                self.established = Some(Established::by(&connect));
                Ok(Some(ClientPacket::Connect(connect)))
            }
        }
    }
}

/// What follows the fixed header, of every packet but CONNECT.
fn decode_body(
    header: &Header,
    input: Reader<'_>,
    capabilities: &Capabilities,
    established: &mut Established,
) -> Result<ClientPacket, Fault> {
    let version = established.version;
    Ok(match header.packet {
        PacketType::Publish => {
            ClientPacket::Publish(publish::decode(header.flags, input, capabilities, established)?)
        }
        PacketType::PubAck => ClientPacket::PubAck(acknowledgement::decode(input, version, Place::PubAck)?),
        PacketType::PubRec => ClientPacket::PubRec(acknowledgement::decode(input, version, Place::PubRec)?),
        PacketType::PubRel => ClientPacket::PubRel(acknowledgement::decode(input, version, Place::PubRel)?),
        PacketType::PubComp => {
            ClientPacket::PubComp(acknowledgement::decode(input, version, Place::PubComp)?)
        }
        PacketType::Subscribe => ClientPacket::Subscribe(subscribe::decode(input, version, capabilities)?),
        PacketType::Unsubscribe => ClientPacket::Unsubscribe(subscribe::decode_unsubscribe(input, version)?),
        PacketType::PingReq => {
            input.end("fixed header")?;
            ClientPacket::PingReq
        }
        PacketType::Disconnect => ClientPacket::Disconnect(disconnect::decode(input, established)?),
        PacketType::Auth => ClientPacket::Auth(disconnect::decode_auth(input, established)?),
        // The header was refused; this is for the compiler.
        PacketType::Connect => return Err(Fault::new("packet type", Violation::SecondConnect)),
        PacketType::ConnAck | PacketType::SubAck | PacketType::UnsubAck | PacketType::PingResp => {
            return Err(Fault::new("packet type", Violation::ServerPacket));
        }
    })
}

impl Header {
    /// The bytes that follow this header, once all of them are there.
    fn take_frame(&self, buffer: &mut BytesMut) -> Option<Bytes> {
        if buffer.len() < self.size + self.remaining {
            return None;
        }
        buffer.advance(self.size);
        // Nothing to share, so that a PINGREQ does not turn the buffer into a shared one.
        Some(if self.remaining == 0 { Bytes::new() } else { buffer.split_to(self.remaining).freeze() })
    }
}
