//! The message that is asked, and what is a right answer to it.
//!
//! A ClientData (4/ESP) of 319 bytes: 200 of them are a JSON array of two samples, and both the correlation and
//! the endpoint ID are UUIDs. Each message has a correlation ID of its own, and there are 1,024 endpoints.

use bytes::Bytes;
use kaa_protocol::avro::Record;
use kaa_protocol::esp::{ClientData, ExtensionData, Revision};

/// Where the messages go; every responder is in a queue group there.
pub(crate) const SUBJECT: &str = "kaa.v1.service.bench.esp.ClientData";

/// Where the answers go.
pub(crate) const REPLY_TO: &str = "kaa.v1.replica.generator.esp.ExtensionData";

/// What the application answers to both samples, also where it does not look at them.
pub(crate) const ANSWER: &str = r#"{"accepted":2,"mean":87.625}"#;

const SAMPLES: &str = r#"[{"timestamp":1490262793349,"humidity":88.25,"temperature":21.50,"pressure":1013.25,"battery":97.00},{"timestamp":1490262794349,"humidity":87.00,"temperature":21.75,"pressure":1013.25,"battery":96.5}]"#;
const CORRELATION: &str = "07d78e95-2c4d-4899-957c-b9e500000000";
const ENDPOINT: &str = "7ad263ec-3347-4c7d-af89-50c600000000";
const ENDPOINTS: u32 = 1_024;

/// What a responder gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers {
    /// The message itself.
    Echo,
    /// ExtensionData with [`ANSWER`].
    Application,
}

/// The datum of any message: that of the first, with two numbers to put into it.
pub(crate) struct Workload {
    datum: Vec<u8>,
    endpoint: usize,
}

/// Where the number ends in the correlation ID. It comes first in both records, behind one byte for its length.
const NUMBER_ENDS: usize = 1 + CORRELATION.len();

const DIGITS: usize = 8;

impl Workload {
    pub(crate) fn new() -> Self {
        let data = ClientData {
            correlation_id: CORRELATION,
            timestamp: 1_490_262_793_349,
            app_version_name: "soil-humidity-probe-v3",
            endpoint_id: Some(ENDPOINT),
            resource_path: "/humidity",
            request_id: Some(42),
            payload: SAMPLES.as_bytes(),
            ..ClientData::default()
        };
        let datum = data.encode(Revision::Seed).unwrap().to_vec();
        let at = datum.windows(ENDPOINT.len()).position(|window| window == ENDPOINT.as_bytes()).unwrap();
        Self { datum, endpoint: at + ENDPOINT.len() }
    }

    /// The datum of the message with this number.
    pub(crate) fn datum(&mut self, number: u32) -> &[u8] {
        write_hex(&mut self.datum[NUMBER_ENDS - DIGITS..NUMBER_ENDS], number);
        write_hex(&mut self.datum[self.endpoint - DIGITS..self.endpoint], number % ENDPOINTS);
        &self.datum
    }

    /// Which message this answers: looked at in every answer.
    ///
    /// # Panics
    ///
    /// When there is no correlation ID of ours in it.
    pub(crate) fn number(answer: &[u8]) -> u32 {
        let digits =
            answer.get(NUMBER_ENDS - DIGITS..NUMBER_ENDS).and_then(|digits| str::from_utf8(digits).ok());
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        number.unwrap_or_else(|| {
            panic!("an answer without correlation ID: {}", String::from_utf8_lossy(answer))
        })
    }

    /// Looks at the whole answer.
    ///
    /// # Panics
    ///
    /// When it is not a right one.
    pub(crate) fn check(&mut self, answers: Answers, number: u32, answer: &[u8]) {
        let asked = Bytes::copy_from_slice(self.datum(number));
        if answers == Answers::Echo {
            assert_eq!(answer, asked, "the message itself was expected");
            return;
        }
        let asked = ClientData::decode(&asked).unwrap().record;
        let answer = Bytes::copy_from_slice(answer);
        let answer = ExtensionData::decode_strict(&answer).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(answer.correlation_id, asked.correlation_id);
        assert_eq!(answer.endpoint_id, asked.endpoint_id);
        assert_eq!((answer.resource_path, answer.request_id), (asked.resource_path, asked.request_id));
        assert_eq!(answer.status_code, 200, "{:?}", answer.reason_phrase);
        assert_eq!(answer.payload, Some(ANSWER.as_bytes()));
    }
}

fn write_hex(digits: &mut [u8], number: u32) {
    for (place, digit) in digits.iter_mut().rev().enumerate() {
        *digit = b"0123456789abcdef"[(number >> (4 * place) & 0xf) as usize];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_the_size_that_is_measured_with_and_its_own_ids() {
        assert_eq!(SAMPLES.len(), 200);
        let mut workload = Workload::new();
        assert_eq!(workload.datum(0).len(), 319);
        let datum = Bytes::copy_from_slice(workload.datum(0x12_3456));
        assert_eq!(Workload::number(&datum), 0x12_3456);
        let data = ClientData::decode(&datum).unwrap().record;
        assert_eq!(data.correlation_id, "07d78e95-2c4d-4899-957c-b9e500123456");
        assert_eq!(data.endpoint_id, Some("7ad263ec-3347-4c7d-af89-50c600000056"));
    }

    #[test]
    #[should_panic(expected = "the message itself was expected")]
    fn an_echo_of_another_message_is_wrong() {
        let mut workload = Workload::new();
        let other = workload.datum(8).to_vec();
        workload.check(Answers::Echo, 7, &other);
    }

    #[test]
    #[should_panic(expected = "503")]
    fn an_answer_that_refuses_is_wrong() {
        let mut workload = Workload::new();
        let asked = Bytes::copy_from_slice(workload.datum(7));
        let asked = ClientData::decode(&asked).unwrap().record;
        let answer = ExtensionData {
            correlation_id: asked.correlation_id,
            app_version_name: Some(asked.app_version_name),
            endpoint_id: asked.endpoint_id,
            resource_path: asked.resource_path,
            request_id: asked.request_id,
            status_code: 503,
            payload: Some(ANSWER.as_bytes()),
            ..ExtensionData::default()
        };
        workload.check(Answers::Application, 7, &answer.encode(Revision::Seed).unwrap());
    }
}
