//! The general codecs, each as it is fastest: schemas parsed and readers built beforehand.

use std::collections::HashMap;
use std::error::Error;
use std::hash::Hash;
use std::hint::black_box;
use std::marker::PhantomData;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;
use serde::{Deserialize, Serialize};
use serde_avro_fast::ser::SerializerConfig;
use serde_bytes::{ByteBuf, Bytes};

pub type Outcome = Result<(), Box<dyn Error>>;

/// The general codecs by the names they have on the command line.
pub const CODECS: [&str; 3] = ["apache-avro-value", "apache-avro-serde", "serde_avro_fast"];

/// One record in one revision.
pub struct Record {
    pub name: &'static str,
    schema: &'static str,
    apache_decode: fn(&Schema, &[u8], u64) -> Outcome,
    apache_encode: fn(&Schema, &[u8], u64) -> Outcome,
    fast_decode: fn(&serde_avro_fast::Schema, &[u8], u64) -> Outcome,
    fast_encode: fn(&serde_avro_fast::Schema, &[u8], u64) -> Outcome,
}

macro_rules! record {
    ($name:literal, $($type:ident)::+, $schema:literal) => {
        Record {
            name: $name,
            schema: $schema,
            apache_decode: |schema, datum, iterations| {
                let reader = GenericDatumReader::builder(schema).build()?;
                for _ in 0..iterations {
                    let record: $($type)::+<String, ByteBuf> = reader.read_deser(&mut black_box(datum))?;
                    black_box(record);
                }
                Ok(())
            },
            apache_encode: |schema, datum, iterations| {
                let reader = GenericDatumReader::builder(schema).build()?;
                let record: $($type)::+<String, ByteBuf> = reader.read_deser(&mut &datum[..])?;
                let writer = GenericDatumWriter::builder(schema).build()?;
                same_size(&writer.write_ser_to_vec(&record)?, datum)?;
                for _ in 0..iterations {
                    black_box(writer.write_ser_to_vec(black_box(&record))?);
                }
                Ok(())
            },
            fast_decode: |schema, datum, iterations| {
                for _ in 0..iterations {
                    let record: $($type)::+<&str, &Bytes> =
                        serde_avro_fast::from_datum_slice(black_box(datum), schema)?;
                    black_box(record);
                }
                Ok(())
            },
            fast_encode: |schema, datum, iterations| {
                let record: $($type)::+<&str, &Bytes> = serde_avro_fast::from_datum_slice(datum, schema)?;
                let mut config = SerializerConfig::new(schema);
                same_size(&serde_avro_fast::to_datum_vec(&record, &mut config)?, datum)?;
                for _ in 0..iterations {
                    black_box(serde_avro_fast::to_datum_vec(black_box(&record), &mut config)?);
                }
                Ok(())
            },
        }
    };
}

/// What is measured has to be the record: maps may come in another order.
fn same_size(written: &[u8], datum: &[u8]) -> Outcome {
    if written.len() == datum.len() { Ok(()) } else { Err("another datum was written".into()) }
}

/// The union of eight types.
#[derive(Serialize, Deserialize)]
pub enum DataValue<S, B> {
    Boolean(bool),
    Int(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    String(S),
    Bytes(B),
    Null,
}

include!(concat!(env!("OUT_DIR"), "/types.rs"));

/// Does an operation so many times.
pub fn run(codec: &str, operation: &str, iterations: u64, record: &str, datum: &[u8]) -> Outcome {
    let record = RECORDS.iter().find(|known| known.name == record).ok_or("no such record")?;
    if codec == "serde_avro_fast" {
        let schema = record.schema.parse()?;
        let run = if operation == "decode" { record.fast_decode } else { record.fast_encode };
        return run(&schema, datum, iterations);
    }
    let schema = Schema::parse_str(record.schema)?;
    match (codec, operation) {
        ("apache-avro-serde", "decode") => (record.apache_decode)(&schema, datum, iterations),
        ("apache-avro-serde", _) => (record.apache_encode)(&schema, datum, iterations),
        (_, "decode") => {
            let reader = GenericDatumReader::builder(&schema).build()?;
            for _ in 0..iterations {
                black_box(reader.read_value(&mut black_box(datum))?);
            }
            Ok(())
        }
        _ => {
            let value = GenericDatumReader::builder(&schema).build()?.read_value(&mut &datum[..])?;
            let writer = GenericDatumWriter::builder(&schema).build()?;
            for _ in 0..iterations {
                let mut written = Vec::new();
                writer.write_value_ref(&mut written, black_box(&value))?;
                black_box(written);
            }
            Ok(())
        }
    }
}
