//! apache-avro, which reads and writes everything we do; and a writer of our own for what it does not
//! write: arrays and maps in several blocks, with and without sizes.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use kaa_protocol::Bytes;
use kaa_protocol::catalog::RecordInfo;

pub(crate) fn schema(info: &RecordInfo) -> Schema {
    Schema::parse_str(&info.schema()).unwrap()
}

pub(crate) fn read(schema: &Schema, mut datum: &[u8]) -> Value {
    let value = GenericDatumReader::builder(schema).build().unwrap().read_value(&mut datum).unwrap();
    assert_eq!(datum, b"", "apache-avro leaves bytes of a whole datum");
    value
}

pub(crate) fn write(schema: &Schema, value: &Value) -> Bytes {
    let writer = GenericDatumWriter::builder(schema).build().unwrap();
    writer.write_value_to_vec(value.clone()).unwrap().into()
}

/// A block of an array or a map: at most how many items, and whether its size is told.
pub(crate) type Block = (usize, bool);

/// All items in one block, as most implementations write them.
pub(crate) const ONE_BLOCK: &[Block] = &[(usize::MAX, false)];

/// Writes arrays and maps in blocks like these, over and over; maps in the order of their keys.
pub(crate) fn write_blocks(value: &Value, blocks: &[Block]) -> Bytes {
    let mut datum = Vec::new();
    append(value, blocks, &mut datum);
    datum.into()
}

fn append(value: &Value, blocks: &[Block], datum: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Boolean(value) => datum.push((*value).into()),
        Value::Int(value) => long((*value).into(), datum),
        Value::Long(value) => long(*value, datum),
        Value::Float(value) => datum.extend(value.to_le_bytes()),
        Value::Double(value) => datum.extend(value.to_le_bytes()),
        Value::String(value) => sized(value.as_bytes(), datum),
        Value::Bytes(value) => sized(value, datum),
        Value::Union(branch, value) => {
            long((*branch).into(), datum);
            append(value, blocks, datum);
        }
        Value::Record(fields) => fields.iter().for_each(|(_, value)| append(value, blocks, datum)),
        Value::Array(items) => append_blocks(items, blocks, datum, |item, datum| append(item, blocks, datum)),
        Value::Map(entries) => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            append_blocks(&entries, blocks, datum, |(key, value), datum| {
                sized(key.as_bytes(), datum);
                append(value, blocks, datum);
            });
        }
        other => panic!("no record has a {other:?}"),
    }
}

fn append_blocks<T>(items: &[T], blocks: &[Block], datum: &mut Vec<u8>, append: impl Fn(&T, &mut Vec<u8>)) {
    let mut rest = items;
    for (most, tells_size) in blocks.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (block, later) = rest.split_at((*most).clamp(1, rest.len()));
        let count = i64::try_from(block.len()).unwrap();
        let mut bytes = Vec::new();
        block.iter().for_each(|item| append(item, &mut bytes));
        if *tells_size {
            long(-count, datum);
            long(i64::try_from(bytes.len()).unwrap(), datum);
        } else {
            long(count, datum);
        }
        datum.extend(bytes);
        rest = later;
    }
    long(0, datum);
}

fn sized(bytes: &[u8], datum: &mut Vec<u8>) {
    long(i64::try_from(bytes.len()).unwrap(), datum);
    datum.extend(bytes);
}

/// A number the way Avro writes it.
pub(crate) fn long(value: i64, datum: &mut Vec<u8>) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest > 0x7f {
        datum.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    datum.push(rest.to_le_bytes()[0]);
}
