//! 13/DSTP: data samples of an endpoint, for everybody who collects them.
//!
//! ```text
//! transmitter ── DataSamplesEvent ──────► kaa.v1.events.<transmitter>.endpoint.data-collection.data-samples-received
//!             ◄─ DataSamplesProcessed ─── kaa.v1.replica.<transmitter>.dstp.DataSamplesProcessed, if asked for
//! ```
//!
//! A transmitter that wants to know names its replica as the return address; then every receiver has
//! to answer. Receipts are told apart by correlation ID and receiver. The last token of the return
//! address is our choice: the protocol leaves it open.

use bytes::Bytes;
use bytestring::ByteString;

use crate::avro::{Array, Binary};
use crate::ism::{Address, Awaited, Event, Message, Outcome, message};
use crate::name::ServiceInstance;
use crate::subject::EventKind;

message! {
    /// Data samples that an endpoint sent.
    ///
    /// ```
    /// use kaa_protocol::dstp::DataSamplesEvent;
    ///
    /// let event = DataSamplesEvent {
    ///     endpoint_id: "ep-1".into(),
    ///     data_samples: [&br#"{"humidity":88}"#[..], br#"{"humidity":87}"#].into_iter().collect(),
    ///     ..DataSamplesEvent::default()
    /// };
    /// assert_eq!(event.data_samples.iter().next(), Some(&br#"{"humidity":88}"#[..]));
    /// ```
    pub struct DataSamplesEvent in "org.kaaproject.ipc.dstp.gen.v1" 0x61b3_f943_1948_15a3;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_name: ByteString = "appVersionName";

        /// The endpoint the samples are of.
        endpoint_id: ByteString = "endpointId";

        /// The media type of each sample.
        content_type: ByteString = "contentType", default "application/json";

        /// The samples, each byte for byte as the endpoint sent it.
        data_samples: Array<Binary> = "dataSamples";
    }
}

message! {
    /// A receiver is done with the samples of one event.
    pub struct DataSamplesProcessed in "org.kaaproject.ipc.dstp.gen.v1" 0xddef_edd9_0daf_0b56;
    about {}
    fields {
        /// The service instance that received the samples.
        receiver_service_instance_name: ByteString = "receiverServiceInstanceName";

        /// How it went, as an HTTP status code.
        status_code: i32 = "statusCode";

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;
    }
}

impl Event for DataSamplesEvent {
    const KIND: EventKind = EventKind::new("endpoint", "data-collection", "data-samples-received");

    const RECEIPTS: Option<Address> = Some(<Self as Awaited>::ADDRESS);

    fn receipt(&self, receiver: &ServiceInstance, outcome: Outcome<'_>, timestamp: i64) -> Option<Bytes> {
        let processed = DataSamplesProcessed {
            correlation_id: self.correlation_id.clone(),
            timestamp,
            receiver_service_instance_name: receiver.as_str().into(),
            status_code: outcome.status.into(),
            reason_phrase: outcome.reason_phrase(),
            ..DataSamplesProcessed::default()
        };
        Some(processed.to_bytes())
    }
}

impl Awaited for DataSamplesEvent {
    type Receipt = DataSamplesProcessed;

    const ADDRESS: Address = Address::typed("dstp", "DataSamplesEvent", "DataSamplesProcessed");

    fn receiver(receipt: &DataSamplesProcessed) -> &str {
        &receipt.receiver_service_instance_name
    }
}
