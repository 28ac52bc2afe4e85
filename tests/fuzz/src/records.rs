//! Datums of every record.

use bytes::Bytes;
use kaa_protocol::avro::{Array, DecodeError, Decoded, Map, Record, Type};
use kaa_protocol::catalog::{RECORDS, RecordInfo};
use kaa_protocol::dstp::DataSamplesEvent;
use kaa_protocol::ecap::EndpointTokenRevokedEvent;
use kaa_protocol::elce::{ConnectedEvent, DisconnectedEvent};
use kaa_protocol::eme::MetadataUpdatedEvent;
use kaa_protocol::esp::{ClientData, ExtensionData};
use kaa_protocol::ism::peek_correlation_id;
use kaa_protocol::tstp::TimeSeriesEvent;

fn choose(input: &Bytes) -> Option<(&'static RecordInfo, Bytes)> {
    let (index, datum) = super::choice(input, RECORDS.len())?;
    Some((RECORDS.get(index)?, datum))
}

pub(crate) fn read(input: &Bytes) -> bool {
    choose(input).is_some_and(|(info, datum)| (info.check)(&datum).is_ok())
}

pub(crate) fn check(input: &Bytes) {
    let Some((info, datum)) = choose(input) else { return };
    match (info.check)(&datum) {
        Ok(trailing) => {
            assert!(trailing <= datum.len());
            assert!(peek_correlation_id(&datum).is_some(), "every record begins with one");
            what_is_written_is_read_again(info, &datum);
            every_value_can_be_looked_at(info, &datum);
        }
        Err(error) => {
            assert!(error.offset() <= datum.len());
            assert!(error.to_string().starts_with(info.name));
        }
    }
}

fn what_is_written_is_read_again(info: &RecordInfo, datum: &Bytes) {
    // `None`: a revision that cannot say what another one said.
    let Some(ours) = (info.recode)(datum) else { return };
    assert_eq!((info.check)(&ours), Ok(0));
    assert_eq!((info.recode)(&ours), Some(ours));
}

/// Arrays and maps were checked when they were read: looking at them finds every item.
fn every_value_can_be_looked_at(info: &RecordInfo, datum: &Bytes) {
    match info.name {
        "ClientData" => {
            let data = record(ClientData::decode(datum));
            let _ = (data.expires_at(), data.checked_request_id());
        }
        "ExtensionData" => {
            let data = record(ExtensionData::decode(datum));
            let _ = (data.expires_at(), data.checked_request_id());
        }
        "ConnectedEvent" => entries(&record(ConnectedEvent::decode(datum)).endpoints),
        "DisconnectedEvent" => entries(&record(DisconnectedEvent::decode(datum)).endpoints),
        "DataSamplesEvent" => items(&record(DataSamplesEvent::decode(datum)).data_samples),
        "EndpointTokenRevokedEvent" => items(&record(EndpointTokenRevokedEvent::decode(datum)).token_ids),
        "MetadataUpdatedEvent" => {
            let event = record(MetadataUpdatedEvent::decode(datum));
            entries(&event.removed);
            entries(&event.added);
            entries(&event.updated);
        }
        "TimeSeriesEvent" => {
            let event = record(TimeSeriesEvent::decode(datum));
            items(&event.data_points);
            event.data_points.iter().for_each(|point| entries(&point.values));
        }
        _ => {}
    }
}

fn record<R>(decoded: Result<Decoded<R>, DecodeError>) -> R {
    decoded.expect("it was decoded a moment ago").record
}

fn items<T: Type>(array: &Array<T>) {
    assert_eq!(array.iter().count(), array.len());
}

fn entries<T: Type>(map: &Map<T>) {
    assert_eq!(map.iter().count(), map.len());
    let first = map.keys().next();
    assert!(first.is_none_or(|key| map.get(key).is_some()));
}
