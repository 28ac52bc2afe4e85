//! The samples of one event, as they are stored.

use bytes::Bytes;
use kaa_ext::ErrorStatus;
use kaa_ext::ReplyError;
use kaa_ext::prelude::{AppVersion, EndpointId};
use kaa_ext::protocol::dstp::DataSamplesEvent;
use ring::digest::{Context, SHA256};

use crate::numbers::Numbers;

/// How many samples one event may have.
pub const MOST_SAMPLES: usize = 10_000;

/// How long a correlation ID and a content type may be, in bytes.
pub const LONGEST_TEXT: usize = 128;

/// The samples of one event: stored all or none, and once.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Whose samples.
    pub endpoint: EndpointId,
    /// The application version of the endpoint.
    pub app_version: AppVersion,
    /// What links the event to the request of the device.
    pub correlation_id: String,
    /// What tells a batch from others with its correlation ID; the same when the event is delivered again.
    pub digest: [u8; 32],
    /// When the event was sent, in Unix milliseconds.
    pub sent: i64,
    /// The media type of each sample.
    pub content_type: String,
    /// In the order of the event.
    pub samples: Vec<Sample>,
    /// [`Numbers::left_out`] of all samples.
    pub left_out: u64,
}

/// One sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The time of the sample, in Unix milliseconds.
    pub time: i64,
    /// Byte for byte as it came.
    pub content: Bytes,
    /// Its values by series.
    pub values: Vec<(String, f64)>,
}

/// An event that is not taken. Nothing of it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// More samples than [`MOST_SAMPLES`].
    #[error("dataSamples has {0} samples, more than {MOST_SAMPLES}; send them in several events")]
    TooMany(usize),
    /// A text beyond [`LONGEST_TEXT`].
    #[error("{field} has {length} bytes, more than {LONGEST_TEXT}; send a shorter one")]
    TooLong {
        /// The field of the event.
        field: &'static str,
        /// Its length.
        length: usize,
    },
    /// A text with a NUL, which no database keeps alike.
    #[error("{field} has a NUL character in it; send text without one")]
    Nul {
        /// The field of the event.
        field: &'static str,
    },
    /// A time before 1970.
    #[error("timestamp is {0}; send milliseconds since 1970")]
    Time(i64),
}

impl ReplyError for Refused {
    fn status(&self) -> ErrorStatus {
        match self {
            Self::TooMany(_) => ErrorStatus::PAYLOAD_TOO_LARGE,
            Self::TooLong { .. } | Self::Nul { .. } | Self::Time(_) => ErrorStatus::BAD_REQUEST,
        }
    }
}

impl Batch {
    /// Takes an event apart. The time of a sample is its own field `time_field`, or else that of the event.
    ///
    /// # Errors
    ///
    /// [`Refused`].
    pub fn of(
        event: &DataSamplesEvent,
        endpoint: EndpointId,
        app_version: AppVersion,
        time_field: Option<&str>,
    ) -> Result<Self, Refused> {
        let sent = event.timestamp;
        if event.data_samples.len() > MOST_SAMPLES {
            return Err(Refused::TooMany(event.data_samples.len()));
        }
        if sent < 0 {
            return Err(Refused::Time(sent));
        }
        let mut batch = Self {
            endpoint,
            app_version,
            correlation_id: text("correlationId", &event.correlation_id)?,
            digest: digest(event),
            sent,
            content_type: text("contentType", &event.content_type)?,
            samples: Vec::with_capacity(event.data_samples.len()),
            left_out: 0,
        };
        for content in &event.data_samples {
            let Numbers { time, mut values, left_out } = Numbers::of(content, time_field).unwrap_or_default();
            let found = values.len();
            // PostgreSQL has no text with a NUL, and a name in one store is a name in all of them.
            values.retain(|(name, _)| !name.contains('\0'));
            batch.left_out += left_out + (found - values.len()) as u64;
            let content = Bytes::copy_from_slice(content);
            batch.samples.push(Sample { time: time.unwrap_or(sent), content, values });
        }
        Ok(batch)
    }

    /// How many points the samples have.
    pub fn points(&self) -> usize {
        self.samples.iter().map(|sample| sample.values.len()).sum()
    }
}

fn text(field: &'static str, text: &str) -> Result<String, Refused> {
    match text {
        _ if text.len() > LONGEST_TEXT => Err(Refused::TooLong { field, length: text.len() }),
        _ if text.contains('\0') => Err(Refused::Nul { field }),
        _ => Ok(text.to_owned()),
    }
}

/// A correlation ID alone does not name an event: a transmitter that sends twice in the course of one request
/// uses it twice, and the second event is none that was stored already. The content decides.
fn digest(event: &DataSamplesEvent) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    let mut add = |bytes: &[u8]| {
        context.update(&(bytes.len() as u64).to_be_bytes());
        context.update(bytes);
    };
    if event.correlation_id.is_empty() {
        // Nothing links a second delivery to the first then but its time.
        add(&event.timestamp.to_be_bytes());
    }
    add(event.content_type.as_bytes());
    for sample in &event.data_samples {
        add(sample);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}
