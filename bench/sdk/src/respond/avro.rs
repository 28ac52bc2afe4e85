//! Both records of 4/ESP in a straight line.

use std::time::{SystemTime, UNIX_EPOCH};

/// A request, as far as it is looked at.
pub(super) struct ClientData<'a> {
    correlation_id: &'a str,
    app_version: &'a str,
    endpoint: Option<&'a str>,
    resource_path: &'a str,
    request_id: Option<i64>,
    pub(super) payload: &'a [u8],
}

impl<'a> ClientData<'a> {
    pub(super) fn read(datum: &'a [u8]) -> Self {
        let mut reader = Reader(datum);
        let correlation_id = reader.text();
        let (_timestamp, _timeout) = (reader.long(), reader.long());
        let app_version = reader.text();
        let endpoint = (reader.long() == 0).then(|| reader.text());
        let resource_path = reader.text();
        let request_id = (reader.long() == 0).then(|| reader.long());
        Self { correlation_id, app_version, endpoint, resource_path, request_id, payload: reader.bytes() }
    }

    /// ExtensionData with status 200.
    pub(super) fn answer(&self, payload: &[u8]) -> Vec<u8> {
        let texts = self.correlation_id.len() + self.app_version.len() + self.resource_path.len();
        let size = texts + self.endpoint.map_or(0, str::len) + payload.len() + 48;
        let mut datum = Vec::with_capacity(size);
        bytes(&mut datum, self.correlation_id.as_bytes());
        long(&mut datum, SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64);
        long(&mut datum, 0);
        bytes(&mut datum, self.app_version.as_bytes());
        long(&mut datum, 0);
        bytes(&mut datum, b"bench");
        match self.endpoint {
            Some(endpoint) => {
                long(&mut datum, 0);
                bytes(&mut datum, endpoint.as_bytes());
            }
            None => long(&mut datum, 1),
        }
        bytes(&mut datum, self.resource_path.as_bytes());
        match self.request_id {
            Some(request_id) => {
                long(&mut datum, 0);
                long(&mut datum, request_id);
            }
            None => long(&mut datum, 1),
        }
        long(&mut datum, 0);
        bytes(&mut datum, payload);
        long(&mut datum, 200);
        long(&mut datum, 0);
        datum
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn long(&mut self) -> i64 {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let byte = self.0[0];
            self.0 = &self.0[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return (value >> 1) as i64 ^ -((value & 1) as i64);
            }
            shift += 7;
        }
    }

    fn bytes(&mut self) -> &'a [u8] {
        let length = usize::try_from(self.long()).unwrap();
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    fn text(&mut self) -> &'a str {
        str::from_utf8(self.bytes()).unwrap()
    }
}

fn long(datum: &mut Vec<u8>, value: i64) {
    let mut rest = (value << 1 ^ value >> 63) as u64;
    while rest >= 0x80 {
        datum.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    datum.push(rest as u8);
}

fn bytes(datum: &mut Vec<u8>, value: &[u8]) {
    long(datum, value.len() as i64);
    datum.extend_from_slice(value);
}
