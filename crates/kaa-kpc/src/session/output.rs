//! What goes to the client, collected for one write.

use bytes::{Buf, BytesMut};

use crate::mqtt::packet::ServerPacket;
use crate::mqtt::{EncodeError, Encoder};

/// Packets that are written and not sent. It has memory only while there are any.
#[derive(Debug)]
pub(super) struct Output {
    encoder: Encoder,
    bytes: BytesMut,
}

impl Output {
    /// How much is collected before it is sent, in bytes. One packet may exceed it.
    const BATCH: usize = 16 * 1024;

    pub(super) fn new(encoder: Encoder) -> Self {
        Self { encoder, bytes: BytesMut::new() }
    }

    /// Whether one more packet is to be collected.
    pub(super) fn has_room(&self) -> bool {
        self.bytes.len() < Self::BATCH
    }

    /// Writes a packet behind the others.
    ///
    /// # Errors
    ///
    /// As [`Encoder::encode`]; nothing is written then.
    pub(super) fn write(&mut self, packet: &ServerPacket) -> Result<(), EncodeError> {
        self.encoder.encode(packet, &mut self.bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// So many bytes are sent.
    pub(super) fn sent(&mut self, count: usize) {
        self.bytes.advance(count.min(self.bytes.len()));
        if self.bytes.is_empty() {
            self.clear();
        }
    }

    /// Nothing of it can be sent any more.
    pub(super) fn clear(&mut self) {
        self.bytes = BytesMut::new();
    }
}
