//! What reading takes from the heap: at most four times the datum, whatever the datum is.

use std::iter;

use allocation_counter::measure;
use apache_avro::Schema;
use kaa_protocol::Bytes;
use kaa_protocol::avro::Record;
use kaa_protocol::catalog::{RECORDS, RecordInfo};
use kaa_protocol::elce::ConnectedEvent;
use kaa_protocol::eme::MetadataUpdatedEvent;
use kaa_protocol::tstp::{DataValue, TimeSeriesEvent};

use crate::values::typical_datums;
use crate::{label, oracle};

/// How many times its size a datum may take to be read.
const MOST: u64 = 4;

fn check(what: &str, info: &RecordInfo, datum: &Bytes) {
    let taken = measure(|| _ = (info.check)(datum)).bytes_total;
    let size = datum.len() as u64;
    assert!(taken <= MOST * size, "{}, {what}: {size} bytes take {taken}", label(info));
}

/// How the items of an array or a map arrive.
#[derive(Debug, Clone, Copy)]
enum Layout {
    OneBlock,
    BlockOfEach,
    SizedBlockOfEach,
}

const LAYOUTS: [Layout; 3] = [Layout::OneBlock, Layout::BlockOfEach, Layout::SizedBlockOfEach];

impl Layout {
    fn append(self, item: &[u8], count: usize, datum: &mut Vec<u8>) {
        match self {
            Self::OneBlock => {
                oracle::long(i64::try_from(count).unwrap(), datum);
                datum.extend(item.repeat(count));
            }
            Self::BlockOfEach => datum.extend([&[0x02], item].concat().repeat(count)),
            Self::SizedBlockOfEach => {
                let mut block = vec![0x01];
                oracle::long(i64::try_from(item.len()).unwrap(), &mut block);
                block.extend(item);
                datum.extend(block.repeat(count));
            }
        }
        datum.push(0);
    }
}

/// The smallest value there is: zeros, mostly.
fn smallest(schema: &Schema) -> Vec<u8> {
    match schema {
        Schema::Null => Vec::new(),
        Schema::Float => vec![0; 4],
        Schema::Double => vec![0; 8],
        Schema::Union(union) => {
            let null = union.variants().iter().position(|variant| *variant == Schema::Null).unwrap();
            vec![u8::try_from(null << 1).unwrap()]
        }
        Schema::Record(record) => record.fields.iter().flat_map(|field| smallest(&field.schema)).collect(),
        _ => vec![0],
    }
}

/// The record with `count` of the smallest items in each of its arrays and maps; `None` when it has
/// none.
fn flooded(schema: &Schema, layout: Layout, count: usize) -> Option<Bytes> {
    let Schema::Record(record) = schema else { panic!("{schema:?} is no record") };
    let mut is_flooded = false;
    let mut datum = Vec::new();
    for field in &record.fields {
        let item = match &field.schema {
            Schema::Array(array) => smallest(&array.items),
            // An empty key.
            Schema::Map(map) => [vec![0], smallest(&map.types)].concat(),
            other => {
                datum.extend(smallest(other));
                continue;
            }
        };
        layout.append(&item, count, &mut datum);
        is_flooded = true;
    }
    is_flooded.then(|| datum.into())
}

#[test]
fn usual_datums_and_their_prefixes() {
    for info in RECORDS {
        for datum in typical_datums(info) {
            check("typical", info, &datum);
            for end in 1..datum.len() {
                // A vector of its own: the first handle to share it allocates.
                check("prefix", info, &Bytes::copy_from_slice(&datum[..end]));
            }
        }
    }
}

#[test]
fn a_million_empty_items_however_they_arrive() {
    let mut records = 0;
    for info in RECORDS {
        for layout in LAYOUTS {
            let Some(datum) = flooded(&oracle::schema(info), layout, 1_000_000) else { continue };
            assert_eq!((info.check)(&datum), Ok(0), "{} {layout:?}", label(info));
            check("flooded", info, &datum);
            check("flooded and cut", info, &datum.slice(..datum.len() - 1));
            records += 1;
        }
    }
    // Connected, disconnected, data samples, time series, metadata updated, token revoked.
    assert_eq!(records, 6 * LAYOUTS.len());
}

#[test]
fn lengths_and_counts_that_nobody_could_hold() {
    let huge = [i64::MAX, i64::MIN, -1, 1 << 40, -(1 << 40), 1 << 31];
    for info in RECORDS {
        let datum = typical_datums(info).swap_remove(0);
        for (at, number) in (0..datum.len()).flat_map(|at| huge.map(|number| (at, number))) {
            let mut hostile = datum[..at].to_vec();
            oracle::long(number, &mut hostile);
            hostile.extend(&datum[at + 1..]);
            check("hostile", info, &hostile.into());
        }
    }
}

#[test]
fn a_mebibyte_of_anything() {
    let fills = [0x00, 0x01, 0x02, 0x03, 0x7f, 0x80, 0xff].map(|byte| vec![byte; 1 << 20]);
    for info in RECORDS {
        for fill in &fills {
            check("filled", info, &Bytes::copy_from_slice(fill));
        }
    }
}

/// A datum of one record, up to the field that the rest is given for.
fn time_series(points: &[u8]) -> Bytes {
    // correlationId, timestamp, timeout, appVersionName, endpointId, timeSeriesName
    [&[0; 6], points].concat().into()
}

/// A reader that looks at a block more than a fixed number of times would not come to an end here.
#[test]
fn looking_at_maps_in_many_blocks_inside_an_array_in_many_blocks() {
    let mut point = vec![0, 0];
    Layout::SizedBlockOfEach.append(b"\x02v\x0e", 4, &mut point);
    let mut points = Vec::new();
    Layout::SizedBlockOfEach.append(&point, 100_000, &mut points);
    let datum = time_series(&points);

    let taken = measure(|| {
        let event = TimeSeriesEvent::decode_strict(&datum).unwrap();
        let values = event.data_points.iter().flat_map(|point| {
            assert_eq!(point.values.get("v"), Some(DataValue::Null));
            iter::repeat_n((), point.values.len())
        });
        assert_eq!(values.count(), 400_000);
    });
    // Once for the array, once for each point's map, and what counts who shares a buffer.
    assert!(taken.bytes_total <= MOST * datum.len() as u64, "{} bytes take {taken:?}", datum.len());
}

#[test]
fn looking_at_one_map_of_a_million_blocks_inside_an_array() {
    let mut point = vec![0, 0];
    Layout::BlockOfEach.append(b"\x02v\x00\x01", 1_000_000, &mut point);
    let mut points = Vec::new();
    Layout::SizedBlockOfEach.append(&point, 3, &mut points);
    let datum = time_series(&points);

    let taken = measure(|| {
        let event = TimeSeriesEvent::decode_strict(&datum).unwrap();
        for point in &event.data_points {
            assert!(point.values.iter().all(|entry| entry == ("v", DataValue::Boolean(true))));
            assert_eq!(point.values.len(), 1_000_000);
        }
    });
    assert!(taken.bytes_total <= MOST * datum.len() as u64, "{} bytes take {taken:?}", datum.len());
}

#[test]
fn looking_at_a_million_entries_of_a_map() {
    let schema = |name: &str| oracle::schema(RECORDS.iter().find(|info| info.name == name).unwrap());
    for layout in LAYOUTS {
        let datum = flooded(&schema("ConnectedEvent"), layout, 1_000_000).unwrap();
        let event = ConnectedEvent::decode_strict(&datum).unwrap();
        let taken = measure(|| {
            assert_eq!(event.endpoints.iter().filter(|entry| *entry == ("", "")).count(), 1_000_000);
            assert_eq!(event.endpoints.get(""), Some(""));
        });
        assert_eq!(taken.count_total, 0);

        let datum = flooded(&schema("MetadataUpdatedEvent"), layout, 1_000_000).unwrap();
        let event = MetadataUpdatedEvent::decode_strict(&datum).unwrap();
        let taken = measure(|| {
            assert!(event.updated.iter().all(|(_, change)| change.new_value.is_none()));
            assert_eq!(event.added.iter().chain(event.removed.iter()).count(), 2_000_000);
        });
        assert_eq!(taken.count_total, 0);
    }
}
