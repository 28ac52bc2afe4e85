//! The frames of a client (RFC 6455, section 5), as bytes of a stream.

use std::io::Cursor;

use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

/// The most bytes that a control frame carries (RFC 6455, section 5.5).
const MAX_CONTROL: usize = 125;

/// Follows the frames of one connection, and keeps nothing of their data.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// The head of the next frame, as far as it has come.
    head: Short<14>,
    payload: Option<Payload>,
    /// What a control frame carries, as far as it has come.
    control: Short<MAX_CONTROL>,
    /// Whether the last data frame was not the last one of its message.
    is_fragment: bool,
    is_over: bool,
}

#[derive(Debug)]
struct Payload {
    /// `None` for data.
    control: Option<Control>,
    is_vain: bool,
    left: u64,
    mask: [u8; 4],
}

/// What was in some bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    /// How many bytes of data, now at the beginning.
    pub(super) data: usize,
    /// How many frames without data.
    pub(super) vain: usize,
    /// What the last ping carried.
    pub(super) ping: Option<Vec<u8>>,
    /// The end of the connection, and what is to be said to it.
    pub(super) end: Option<Goodbye>,
}

/// The reason for an end. A client may give none.
pub(super) type Goodbye = Option<CloseCode>;

impl Frames {
    /// Whether nothing that follows is of interest: the client has said goodbye, or is not understood.
    pub(super) fn is_over(&self) -> bool {
        self.is_over
    }

    /// Moves the data among these bytes to their beginning.
    pub(super) fn decode(&mut self, bytes: &mut [u8]) -> Decoded {
        let (mut from, mut decoded) = (0, Decoded::default());
        while decoded.end.is_none() && from < bytes.len() {
            let step = self.step(bytes, from, &mut decoded);
            from += step.unwrap_or_else(|code| {
                decoded.end = Some(Some(code));
                0
            });
        }
        self.is_over |= decoded.end.is_some();
        decoded
    }

    /// How many bytes were taken: at least one.
    fn step(&mut self, bytes: &mut [u8], from: usize, decoded: &mut Decoded) -> Result<usize, CloseCode> {
        let rest = bytes.get_mut(from..).unwrap_or_default();
        let taken = if let Some(payload) = &mut self.payload {
            let piece = payload.take(rest);
            let len = piece.len();
            if payload.control.is_some() {
                self.control.extend(piece);
            } else {
                bytes.copy_within(from..from + len, decoded.data);
                decoded.data += len;
            }
            len
        } else {
            self.head.extend(rest.get(..1).unwrap_or_default());
            self.payload = self.read_head()?;
            1
        };
        if let Some(payload) = self.payload.take_if(|payload| payload.left == 0) {
            self.finish(&payload, decoded)?;
        }
        Ok(taken)
    }

    /// What a head announces, once it is complete.
    fn read_head(&mut self) -> Result<Option<Payload>, CloseCode> {
        let head = FrameHeader::parse(&mut Cursor::new(self.head.bytes()));
        let Some((head, left)) = head.map_err(|_| CloseCode::Protocol)? else { return Ok(None) };
        self.head.clear();
        let control = match head.opcode {
            OpCode::Control(control) if head.is_final && left <= MAX_CONTROL as u64 => Some(control),
            OpCode::Data(Data::Binary) if !self.is_fragment => None,
            OpCode::Data(Data::Continue) if self.is_fragment => None,
            // Every packet is in binary frames (MQTT 5, section 6).
            OpCode::Data(Data::Text) => return Err(CloseCode::Unsupported),
            _ => return Err(CloseCode::Protocol),
        };
        if control.is_none() {
            self.is_fragment = !head.is_final;
        }
        let is_plain = !(head.rsv1 || head.rsv2 || head.rsv3) && i64::try_from(left).is_ok();
        let mask = head.mask.filter(|_| is_plain).ok_or(CloseCode::Protocol)?;
        Ok(Some(Payload { control, is_vain: control.is_some() || left == 0, left, mask }))
    }

    /// A frame is complete.
    fn finish(&mut self, payload: &Payload, decoded: &mut Decoded) -> Result<(), CloseCode> {
        decoded.vain += usize::from(payload.is_vain);
        match payload.control {
            Some(Control::Ping) => decoded.ping = Some(self.control.bytes().to_vec()),
            Some(Control::Close) => decoded.end = Some(goodbye(self.control.bytes())?),
            _ => {}
        }
        self.control.clear();
        Ok(())
    }
}

impl Payload {
    /// What of these bytes belongs to it, in clear.
    fn take<'a>(&mut self, bytes: &'a mut [u8]) -> &'a [u8] {
        let len = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        let piece = bytes.get_mut(..len).unwrap_or_default();
        for four in piece.chunks_mut(4) {
            for (byte, mask) in four.iter_mut().zip(self.mask) {
                *byte ^= mask;
            }
        }
        self.mask.rotate_left(len % 4);
        // At most what is left, so it fits.
        self.left -= u64::try_from(len).unwrap_or(self.left);
        piece
    }
}

/// What is answered to a goodbye: the same, if it is one (RFC 6455, section 5.5.1).
fn goodbye(payload: &[u8]) -> Result<Goodbye, CloseCode> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(None) } else { Err(CloseCode::Protocol) };
    };
    let code = CloseCode::from(u16::from_be_bytes(*code));
    if !code.is_allowed() {
        return Err(CloseCode::Protocol);
    }
    std::str::from_utf8(reason).map_or(Err(CloseCode::Invalid), |_| Ok(Some(code)))
}

/// A few bytes, kept in place.
#[derive(Debug)]
struct Short<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Short<N> {
    /// Appends what there is room for. Whoever appends knows that there is.
    fn extend(&mut self, more: &[u8]) {
        for (place, byte) in self.bytes.iter_mut().skip(self.len).zip(more) {
            *place = *byte;
            self.len += 1;
        }
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.len = 0;
    }
}

impl<const N: usize> Default for Short<N> {
    fn default() -> Self {
        Self { bytes: [0; N], len: 0 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MASK: [u8; 4] = [0x11, 0x22, 0x33, 0x44];

    /// A frame of a client.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            len @ ..126 => frame.push(0x80 | u8::try_from(len).unwrap()),
            len => frame.extend([0xfe].into_iter().chain(u16::try_from(len).unwrap().to_be_bytes())),
        }
        frame.extend(MASK);
        frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }

    /// The data of some bytes that come in these pieces, and what was decoded last.
    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Decoded) {
        let (mut frames, mut data, mut all) = (Frames::default(), Vec::new(), Decoded::default());
        for piece in pieces {
            if frames.is_over() {
                break;
            }
            let mut piece = piece.to_vec();
            let decoded = frames.decode(&mut piece);
            data.extend_from_slice(&piece[..decoded.data]);
            all.vain += decoded.vain;
            all.ping = decoded.ping.or(all.ping);
            all.end = decoded.end;
        }
        (data, all)
    }

    fn end(bytes: &[u8]) -> Option<Goodbye> {
        decode([bytes]).1.end
    }

    #[test]
    fn data_is_what_is_left_without_heads_and_masks() {
        let long = vec![7; 300];
        let bytes = [
            frame(0x82, b"abcde"),
            frame(0x02, b"f"),
            frame(0x89, b"there?"),
            frame(0x00, b""),
            frame(0x8a, b""),
            frame(0x80, &long),
            frame(0x82, b""),
        ];
        let bytes = bytes.concat();
        let expected = [b"abcdef", &long[..]].concat();
        let all = Decoded { vain: 4, ping: Some(b"there?".to_vec()), ..Decoded::default() };
        assert_eq!(decode([&bytes[..]]), (expected.clone(), Decoded { data: 0, ..all }));
        for cut in 0..bytes.len() {
            let (one, two) = bytes.split_at(cut);
            let (data, decoded) = decode([one, two]);
            assert_eq!((data, decoded.vain, decoded.end), (expected.clone(), 4, None), "cut at {cut}");
        }
        assert_eq!(decode(bytes.chunks(1)).0, expected);
    }

    #[test]
    fn a_goodbye_is_returned() {
        for (payload, expected) in [
            (&b""[..], Ok(None)),
            (&[0x03, 0xe8], Ok(Some(CloseCode::Normal))),
            (b"\x03\xe9going", Ok(Some(CloseCode::Away))),
            (&[0x0f, 0xa0], Ok(Some(CloseCode::Library(4000)))),
            (&[0x03], Err(CloseCode::Protocol)),
            (&[0x03, 0xed], Err(CloseCode::Protocol)),
            (&[0x00, 0x00], Err(CloseCode::Protocol)),
            (&[0xff, 0xff], Err(CloseCode::Protocol)),
            (&[0x03, 0xe8, 0xff], Err(CloseCode::Invalid)),
        ] {
            let expected = expected.unwrap_or_else(Some);
            let bytes = [frame(0x82, b"x"), frame(0x88, payload), frame(0x82, b"late")].concat();
            let (data, decoded) = decode([&bytes[..]]);
            assert_eq!((data, decoded.end), (b"x".to_vec(), Some(expected)), "{payload:?}");
        }
    }

    #[test]
    fn what_a_client_must_not_send_is_the_end() {
        for (bytes, code) in [
            (&[0x82, 0x01, b'a'][..], CloseCode::Protocol),
            (&frame(0xc2, b"a"), CloseCode::Protocol),
            (&frame(0xa2, b"a"), CloseCode::Protocol),
            (&frame(0x92, b"a"), CloseCode::Protocol),
            (&frame(0x83, b"a"), CloseCode::Protocol),
            (&frame(0x8b, b""), CloseCode::Protocol),
            (&frame(0x80, b"a"), CloseCode::Protocol),
            (&frame(0x09, b""), CloseCode::Protocol),
            (&frame(0x89, &[0; 126]), CloseCode::Protocol),
            (&[frame(0x02, b"a"), frame(0x82, b"b")].concat(), CloseCode::Protocol),
            (&[0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], CloseCode::Protocol),
            (&frame(0x81, b"CONNECT"), CloseCode::Unsupported),
            (&frame(0x01, b""), CloseCode::Unsupported),
        ] {
            assert_eq!(end(bytes), Some(Some(code)), "{bytes:?}");
        }
        assert_eq!(end(&frame(0x89, &[0; 125])), None);
    }

    proptest! {
        #[test]
        fn any_bytes_cut_anywhere_are_decoded_alike(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            start in proptest::sample::select(vec![frame(0x02, b"abc"), frame(0x89, b"x"), vec![]]),
            cut in any::<proptest::sample::Index>(),
        ) {
            let bytes = [start, bytes].concat();
            let (one, two) = bytes.split_at(cut.index(bytes.len() + 1));
            let (whole, parts) = (decode([&bytes[..]]), decode([one, two]));
            prop_assert_eq!((&whole.0, &whole.1.end), (&parts.0, &parts.1.end));
        }
    }
}
