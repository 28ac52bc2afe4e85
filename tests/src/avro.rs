//! A peer's own codec: apache-avro and the text of a schema, with nothing of ours in between.

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use bytes::Bytes;
use kaa_protocol::catalog::{RECORDS, RecordInfo};
use serde_json::Value as Json;

/// Reads and writes one record as JSON: a field that is left out has its default, bytes are written as
/// text and read as an array of numbers.
#[derive(Debug)]
pub struct Avro(Schema);

impl Avro {
    /// The codec of a record, such as `6/CDTP` and `ConfigRequest`; of its oldest revision, if it has
    /// several.
    ///
    /// # Panics
    ///
    /// When there is no such record.
    pub fn of(protocol: &str, record: &str) -> Self {
        Self::find(|info| info.protocol == protocol && info.name == record)
    }

    /// The codec of one revision of a record, such as `current`.
    ///
    /// # Panics
    ///
    /// When there is no such record.
    pub fn of_revision(protocol: &str, record: &str, revision: &str) -> Self {
        Self::find(|info| info.protocol == protocol && info.name == record && info.revision == Some(revision))
    }

    fn find(is_wanted: impl Fn(&RecordInfo) -> bool) -> Self {
        let schema = RECORDS.iter().find(|info| is_wanted(info)).expect("a record of the catalog").schema();
        Self(Schema::parse_str(&schema).expect("a schema that apache-avro understands"))
    }

    /// The datum.
    ///
    /// # Panics
    ///
    /// When the fields are not those of the record.
    pub fn write(&self, fields: Json) -> Bytes {
        let value = Value::try_from(fields).expect("values that Avro has");
        let value = value.resolve(&self.0).expect("the fields of the record");
        let writer = GenericDatumWriter::builder(&self.0).build().expect("a writer");
        writer.write_value_to_vec(value).expect("a datum").into()
    }

    /// The fields.
    ///
    /// # Panics
    ///
    /// When the datum is not of the record, or longer.
    pub fn read(&self, mut datum: &[u8]) -> Json {
        let reader = GenericDatumReader::builder(&self.0).build().expect("a reader");
        let value = reader.read_value(&mut datum).expect("a datum of the record");
        assert!(datum.is_empty(), "{} bytes behind the record", datum.len());
        Json::try_from(value).expect("values that JSON has")
    }
}
