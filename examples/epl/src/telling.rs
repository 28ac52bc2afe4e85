//! Presence as metadata (15/EME) and as a time series (14/TSTP).

use kaa_ext::prelude::*;
use kaa_ext::protocol::ByteString;
use kaa_ext::protocol::eme::{MetadataKeyUpdatedDto, MetadataUpdatedEvent};
use kaa_ext::protocol::name::Token;
use kaa_ext::protocol::tstp::{DataPoint, DataValue, TimeSeriesEvent};

use crate::presence::Place;

/// The metadata key that says whether the endpoint is connected.
const CONNECTED: &str = "connected";

/// Tells of one endpoint. The time of both is that of the event; of the old values nothing is known.
pub(crate) async fn tell(
    messaging: &Messaging,
    series: &Token,
    endpoint_id: ByteString,
    app_version_name: ByteString,
    place: &Place,
) -> Result<(), Failure> {
    let time = if place.is_connected { "lastConnected" } else { "lastDisconnected" };
    let value = |json: String| MetadataKeyUpdatedDto { new_value: Some(json.into()), old_value: None };
    let metadata = MetadataUpdatedEvent {
        app_version_name: app_version_name.clone(),
        endpoint_id: endpoint_id.clone(),
        updated: [(CONNECTED, value(place.is_connected.to_string())), (time, value(place.at.to_string()))]
            .into_iter()
            .collect(),
        ..MetadataUpdatedEvent::default()
    };
    messaging.publish_event(&metadata).await?;

    let point = DataPoint {
        ingestion_timestamp: place.at,
        timestamp: place.at,
        values: [("value", DataValue::Int(place.is_connected.into()))].into_iter().collect(),
    };
    let points = TimeSeriesEvent {
        app_version_name,
        endpoint_id,
        time_series_name: series.into(),
        data_points: [point].into_iter().collect(),
        ..TimeSeriesEvent::default()
    };
    Ok(messaging.publish_event(&points).await?)
}
