//! 14/TSTP: points of an endpoint's time series.
//!
//! ```text
//! transmitter ── TimeSeriesEvent ───► kaa.v1.events.<transmitter>.endpoint.data-collection.data-points-received.<series>
//! ```

mod value;

pub use value::DataValue;

use bytestring::ByteString;

use crate::avro::{Array, Map, record};
use crate::ism::{Event, message};
use crate::subject::EventKind;

record! {
    /// One point of a time series.
    #[derive(Debug, Clone, PartialEq)]
    pub struct DataPoint in "org.kaaproject.ipc.tstp.gen.v1" 0x9244_0c11_5ee4_e947;
    fields {
        /// When the platform received the point, in Unix milliseconds; 0 when unknown.
        ingestion_timestamp: i64 = "ingestionTimestamp", default 0;

        /// The time the point is of, in Unix milliseconds.
        timestamp: i64 = "timestamp";

        /// The values of the point by name.
        values: Map<DataValue<'static>> = "values";
    }
}

message! {
    /// New points of one time series of an endpoint.
    ///
    /// ```
    /// use kaa_protocol::tstp::{DataPoint, DataValue, TimeSeriesEvent};
    ///
    /// let point = DataPoint {
    ///     timestamp: 1_490_262_793_349,
    ///     values: [("value", DataValue::Double(21.5))].into_iter().collect(),
    ///     ..DataPoint::default()
    /// };
    /// let event = TimeSeriesEvent {
    ///     time_series_name: "auto~temperature".into(),
    ///     data_points: [point].into_iter().collect(),
    ///     ..TimeSeriesEvent::default()
    /// };
    /// let point = event.data_points.iter().next().unwrap();
    /// assert_eq!(point.values.get("value"), Some(DataValue::Double(21.5)));
    /// ```
    pub struct TimeSeriesEvent in "org.kaaproject.ipc.tstp.gen.v1" 0x4416_1484_03aa_c492;
    about { app_version_name, endpoint_id }
    fields {
        /// The application version of the endpoint.
        app_version_name: ByteString = "appVersionName";

        /// The endpoint the points are of.
        endpoint_id: ByteString = "endpointId";

        /// The time series the points belong to; the last token of the subject.
        time_series_name: ByteString = "timeSeriesName";

        /// The points.
        data_points: Array<DataPoint> = "dataPoints";
    }
}

impl Event for TimeSeriesEvent {
    const KIND: EventKind = EventKind::detailed("endpoint", "data-collection", "data-points-received");

    fn detail(&self) -> Option<&str> {
        Some(&self.time_series_name)
    }
}

message! {
    /// A receiver is done with the points of one event.
    ///
    /// It does not say which receiver: a transmitter that wants to know has one.
    pub struct TimeSeriesProcessed in "org.kaaproject.ipc.tstp.gen.v1" 0x4469_f50d_8789_e1d8;
    about {}
    fields {
        /// How it went, as an HTTP status code.
        status_code: i32 = "statusCode";

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;
    }
}
