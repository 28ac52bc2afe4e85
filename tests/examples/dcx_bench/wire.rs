//! The records of the flow, in a straight line: what somebody writes who has no SDK.

/// What is left of a datum.
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn long(&mut self) -> i64 {
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

    pub(crate) fn bytes(&mut self) -> &'a [u8] {
        let length = usize::try_from(self.long()).unwrap();
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        bytes
    }

    pub(crate) fn text(&mut self) -> &'a str {
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

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    since.as_millis() as i64
}

/// A request of a device (4/ESP), as far as it is looked at.
pub(crate) struct ClientData<'a> {
    pub(crate) correlation_id: &'a str,
    pub(crate) app_version: &'a str,
    pub(crate) endpoint: &'a str,
    pub(crate) resource_path: &'a str,
    pub(crate) request_id: i64,
    pub(crate) payload: &'a [u8],
}

impl<'a> ClientData<'a> {
    pub(crate) fn read(datum: &'a [u8]) -> Self {
        let mut reader = Reader(datum);
        let correlation_id = reader.text();
        let (_timestamp, _timeout) = (reader.long(), reader.long());
        let app_version = reader.text();
        assert_eq!(reader.long(), 0, "a request of an endpoint");
        let (endpoint, resource_path) = (reader.text(), reader.text());
        assert_eq!(reader.long(), 0, "a request with an ID");
        let (request_id, payload) = (reader.long(), reader.bytes());
        Self { correlation_id, app_version, endpoint, resource_path, request_id, payload }
    }

    /// The answer: nothing but a status.
    pub(crate) fn answer(&self, status: i64) -> Vec<u8> {
        let mut datum = Vec::with_capacity(160);
        bytes(&mut datum, self.correlation_id.as_bytes());
        long(&mut datum, now());
        long(&mut datum, 0);
        bytes(&mut datum, self.app_version.as_bytes());
        long(&mut datum, 0);
        bytes(&mut datum, b"dcx");
        long(&mut datum, 0);
        bytes(&mut datum, self.endpoint.as_bytes());
        bytes(&mut datum, self.resource_path.as_bytes());
        long(&mut datum, 0);
        long(&mut datum, self.request_id);
        long(&mut datum, 1);
        long(&mut datum, status);
        long(&mut datum, 0);
        datum
    }

    /// The samples as an event (13/DSTP).
    pub(crate) fn event(&self, samples: &[&[u8]]) -> Vec<u8> {
        let mut datum = Vec::with_capacity(160 + self.payload.len() + samples.len());
        bytes(&mut datum, self.correlation_id.as_bytes());
        long(&mut datum, now());
        long(&mut datum, 0);
        bytes(&mut datum, self.app_version.as_bytes());
        bytes(&mut datum, self.endpoint.as_bytes());
        bytes(&mut datum, b"application/json");
        long(&mut datum, samples.len() as i64);
        for sample in samples {
            bytes(&mut datum, sample);
        }
        long(&mut datum, 0);
        datum
    }
}

/// An event up to its samples.
pub(crate) struct Event<'a> {
    pub(crate) correlation_id: &'a str,
    pub(crate) timestamp: i64,
    pub(crate) app_version: &'a str,
    pub(crate) endpoint: &'a str,
    pub(crate) content_type: &'a str,
    pub(crate) samples: Vec<&'a [u8]>,
    /// All of them, as they are on the wire.
    pub(crate) samples_wire: &'a [u8],
}

impl<'a> Event<'a> {
    pub(crate) fn read(datum: &'a [u8]) -> Self {
        let mut reader = Reader(datum);
        let (correlation_id, timestamp, _timeout) = (reader.text(), reader.long(), reader.long());
        let (app_version, endpoint, content_type) = (reader.text(), reader.text(), reader.text());
        let samples_wire = reader.0;
        let mut samples = Vec::new();
        loop {
            let count = reader.long();
            if count == 0 {
                break;
            }
            assert!(count > 0, "blocks without their size, as this flow has them");
            samples.extend((0..count).map(|_| reader.bytes()));
        }
        Self { correlation_id, timestamp, app_version, endpoint, content_type, samples, samples_wire }
    }

    /// The points of one series as an event (14/TSTP).
    pub(crate) fn points(&self, series: &str, values: &[f64]) -> Vec<u8> {
        let mut datum = Vec::with_capacity(160 + 40 * values.len());
        bytes(&mut datum, self.correlation_id.as_bytes());
        long(&mut datum, now());
        long(&mut datum, 0);
        bytes(&mut datum, self.app_version.as_bytes());
        bytes(&mut datum, self.endpoint.as_bytes());
        bytes(&mut datum, series.as_bytes());
        long(&mut datum, values.len() as i64);
        for value in values {
            long(&mut datum, self.timestamp);
            long(&mut datum, self.timestamp);
            long(&mut datum, 1);
            bytes(&mut datum, b"value");
            long(&mut datum, 4);
            datum.extend_from_slice(&value.to_le_bytes());
            long(&mut datum, 0);
        }
        long(&mut datum, 0);
        datum
    }

    pub(crate) fn receipt(&self, receiver: &str) -> Vec<u8> {
        let mut datum = Vec::with_capacity(80);
        bytes(&mut datum, self.correlation_id.as_bytes());
        long(&mut datum, now());
        long(&mut datum, 0);
        bytes(&mut datum, receiver.as_bytes());
        long(&mut datum, 200);
        long(&mut datum, 0);
        datum
    }
}

/// Correlation ID, receiver and status of a receipt.
pub(crate) fn receipt(datum: &[u8]) -> (&str, &str, i64) {
    let mut reader = Reader(datum);
    let correlation_id = reader.text();
    let (_timestamp, _timeout) = (reader.long(), reader.long());
    (correlation_id, reader.text(), reader.long())
}
