//! Values of any type, in and out of a datum, by their schema.

use std::collections::BTreeMap;

use bytes::Bytes;
use kaa_protocol::avro::{Fault, Reader, Type, Writer};

use super::encode::{EncodeError, below};
use super::schema::{RecordSchema, Schema};

/// One value.
///
/// A value of a union is that of its branch: no union of the protocols has two branches of one type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A whole number of 32 bits.
    Int(i32),
    /// A whole number of 64 bits.
    Long(i64),
    /// A number of single precision.
    Float(f32),
    /// A number of double precision.
    Double(f64),
    /// Bytes, sharing the buffer of the datum they are from.
    Bytes(Bytes),
    /// A text.
    String(String),
    /// Several values, in order.
    Array(Vec<Value>),
    /// Values by their keys.
    Map(BTreeMap<String, Value>),
    /// The fields of a record, in the order of its schema.
    Record(Vec<(String, Value)>),
}

impl RecordSchema {
    /// Reads the fields of a record.
    pub(super) fn read(&self, input: &mut Reader<'_>) -> Result<Vec<(String, Value)>, Fault> {
        self.fields.iter().map(|field| Ok((field.name.clone(), field.schema.read(input)?))).collect()
    }

    /// Appends the fields of a record, which are to be in its order.
    pub(super) fn write(
        &self,
        path: &str,
        fields: &[(String, Value)],
        output: &mut Writer,
    ) -> Result<(), EncodeError> {
        self.fields.iter().enumerate().try_for_each(|(n, field)| {
            let path = below(path, &field.name);
            match fields.get(n) {
                Some((name, value)) if *name == field.name => field.schema.write(&path, value, output),
                _ => Err(EncodeError::new(&path, format!("is missing ({})", field.schema))),
            }
        })
    }
}

impl Schema {
    fn read(&self, input: &mut Reader<'_>) -> Result<Value, Fault> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Boolean => Value::Boolean(input.boolean()?),
            Self::Int => Value::Int(input.int()?),
            Self::Long => Value::Long(input.long()?),
            Self::Float => Value::Float(input.float()?),
            Self::Double => Value::Double(input.double()?),
            Self::Bytes => Value::Bytes(input.shared_bytes()?),
            Self::String => Value::String(input.text()?.to_owned()),
            Self::Array(items) => {
                let mut array = Vec::new();
                blocks(input, |input| {
                    array.push(items.read(input)?);
                    Ok(())
                })?;
                Value::Array(array)
            }
            Self::Map(values) => {
                let mut map = BTreeMap::new();
                blocks(input, |input| {
                    let key = input.text()?.to_owned();
                    map.insert(key, values.read(input)?);
                    Ok(())
                })?;
                Value::Map(map)
            }
            Self::Union(branches) => {
                let last = branches.len().saturating_sub(1).try_into().unwrap_or(i64::MAX);
                let branch = usize::try_from(input.branch(last)?).ok().and_then(|n| branches.get(n));
                branch.map_or(Ok(Value::Null), |branch| branch.read(input))?
            }
            Self::Record(record) => Value::Record(record.read(input)?),
        })
    }

    fn write(&self, path: &str, value: &Value, output: &mut Writer) -> Result<(), EncodeError> {
        match (self, value) {
            (Self::Null, Value::Null) => {}
            (Self::Boolean, Value::Boolean(value)) => output.boolean(*value),
            (Self::Int, Value::Int(value)) => output.long((*value).into()),
            (Self::Long, Value::Long(value)) => output.long(*value),
            (Self::Float, Value::Float(value)) => f32::write(value, output),
            (Self::Double, Value::Double(value)) => f64::write(value, output),
            (Self::Bytes, Value::Bytes(value)) => output.bytes(value),
            (Self::String, Value::String(value)) => output.bytes(value.as_bytes()),
            (Self::Array(items), Value::Array(array)) => {
                announce(array.len(), output);
                for (n, value) in array.iter().enumerate() {
                    items.write(&format!("{path}[{n}]"), value, output)?;
                }
                output.long(0);
            }
            (Self::Map(values), Value::Map(map)) => {
                announce(map.len(), output);
                for (key, value) in map {
                    output.bytes(key.as_bytes());
                    values.write(&below(path, key), value, output)?;
                }
                output.long(0);
            }
            (Self::Union(branches), value) => {
                let branch = (0..).zip(branches).find(|(_, branch)| branch.is_of(value));
                let (n, branch) = branch.ok_or_else(|| self.wrong(path, value))?;
                output.branch(n);
                branch.write(path, value, output)?;
            }
            (Self::Record(record), Value::Record(fields)) => record.write(path, fields, output)?,
            _ => return Err(self.wrong(path, value)),
        }
        Ok(())
    }

    fn wrong(&self, path: &str, value: &Value) -> EncodeError {
        EncodeError::new(path, format!("{value:?} is no {self}"))
    }

    /// Whether a value is of this type, as far as its first level tells.
    fn is_of(&self, value: &Value) -> bool {
        matches!(
            (self, value),
            (Self::Null, Value::Null)
                | (Self::Boolean, Value::Boolean(_))
                | (Self::Int, Value::Int(_))
                | (Self::Long, Value::Long(_))
                | (Self::Float, Value::Float(_))
                | (Self::Double, Value::Double(_))
                | (Self::Bytes, Value::Bytes(_))
                | (Self::String, Value::String(_))
                | (Self::Array(_), Value::Array(_))
                | (Self::Map(_), Value::Map(_))
                | (Self::Record(_), Value::Record(_))
        )
    }
}

/// Reads the items of an array or a map. Each takes a byte at least, so that there are no more of them than bytes.
fn blocks<'a>(
    input: &mut Reader<'a>,
    mut item: impl FnMut(&mut Reader<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    loop {
        let count = input.long()?;
        if count == 0 {
            return Ok(());
        }
        if count < 0 {
            // The size of the block, for those who want to skip it.
            input.long()?;
        }
        for _ in 0..count.unsigned_abs() {
            item(input)?;
        }
    }
}

/// Announces the items of the only block, if there are any.
fn announce(items: usize, output: &mut Writer) {
    if items > 0 {
        output.long(items.try_into().unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use apache_avro::reader::datum::GenericDatumReader;
    use apache_avro::types::Value as Avro;
    use apache_avro::writer::datum::GenericDatumWriter;
    use kaa_protocol::catalog::{RECORDS, RecordInfo};
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;

    /// Any value of a type.
    fn any_value(schema: &Schema) -> BoxedStrategy<Value> {
        match schema {
            Schema::Null => Just(Value::Null).boxed(),
            Schema::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
            Schema::Int => any::<i32>().prop_map(Value::Int).boxed(),
            Schema::Long => any::<i64>().prop_map(Value::Long).boxed(),
            Schema::Float => proptest::num::f32::NORMAL.prop_map(Value::Float).boxed(),
            Schema::Double => proptest::num::f64::NORMAL.prop_map(Value::Double).boxed(),
            Schema::Bytes => vec(any::<u8>(), 0..8).prop_map(|bytes| Value::Bytes(bytes.into())).boxed(),
            Schema::String => ".{0,8}".prop_map(Value::String).boxed(),
            Schema::Array(items) => vec(any_value(items), 0..4).prop_map(Value::Array).boxed(),
            Schema::Map(values) => btree_map(".{0,4}", any_value(values), 0..4).prop_map(Value::Map).boxed(),
            Schema::Union(branches) => {
                let branches: Vec<_> = branches.iter().map(any_value).collect();
                proptest::strategy::Union::new(branches).boxed()
            }
            Schema::Record(record) => any_fields(record).prop_map(Value::Record).boxed(),
        }
    }

    fn any_fields(record: &RecordSchema) -> BoxedStrategy<Vec<(String, Value)>> {
        let fields: Vec<_> =
            record.fields.iter().map(|field| (Just(field.name.clone()), any_value(&field.schema))).collect();
        fields.boxed()
    }

    fn any_record() -> impl Strategy<Value = (&'static RecordInfo, Vec<(String, Value)>)> {
        prop::sample::select(RECORDS).prop_flat_map(|info| {
            let record = RecordSchema::of(&info).unwrap();
            any_fields(record).prop_map(move |fields| {
                let info = RECORDS.iter().find(|other| other.fingerprint == info.fingerprint).unwrap();
                (info, fields)
            })
        })
    }

    /// What another implementation calls the same value.
    fn of_another(value: &Avro) -> Value {
        match value {
            Avro::Null => Value::Null,
            Avro::Boolean(value) => Value::Boolean(*value),
            Avro::Int(value) => Value::Int(*value),
            Avro::Long(value) => Value::Long(*value),
            Avro::Float(value) => Value::Float(*value),
            Avro::Double(value) => Value::Double(*value),
            Avro::Bytes(bytes) => Value::Bytes(bytes.clone().into()),
            Avro::String(text) => Value::String(text.clone()),
            Avro::Array(items) => Value::Array(items.iter().map(of_another).collect()),
            Avro::Map(map) => {
                Value::Map(map.iter().map(|(key, value)| (key.clone(), of_another(value))).collect())
            }
            Avro::Union(_, inner) => of_another(inner),
            Avro::Record(fields) => {
                Value::Record(fields.iter().map(|(name, value)| (name.clone(), of_another(value))).collect())
            }
            other => panic!("{other:?} is in no protocol"),
        }
    }

    proptest! {
        #[test]
        fn another_implementation_reads_what_is_written_and_writes_what_is_read(
            (info, fields) in any_record()
        ) {
            let schema = RecordSchema::of(info).unwrap();
            let mut output = Writer::in_buffer(Vec::new());
            schema.write("", &fields, &mut output).unwrap();
            let datum = output.finish();
            let others = apache_avro::Schema::parse_str(&info.schema()).unwrap();
            let read = GenericDatumReader::builder(&others).build().unwrap().read_value(&mut &datum[..]).unwrap();
            prop_assert_eq!(&of_another(&read), &Value::Record(fields.clone()));

            let written = GenericDatumWriter::builder(&others).build().unwrap().write_value_to_vec(read).unwrap();
            let written = Bytes::from(written);
            let mut input = Reader::new(&written);
            prop_assert_eq!(schema.read(&mut input).unwrap(), fields);
            prop_assert_eq!(input.rest(), b"");
        }

        #[test]
        fn no_bytes_can_make_it_panic_or_read_beyond_them(info in prop::sample::select(RECORDS), datum: Vec<u8>) {
            let datum = Bytes::from(datum);
            let mut input = Reader::new(&datum);
            let _ = RecordSchema::of(&info).unwrap().read(&mut input);
            prop_assert!(input.offset() <= datum.len());
        }
    }

    #[test]
    fn a_value_of_another_type_is_named() {
        let info = RECORDS.iter().find(|info| info.name == "ConnectedEvent").unwrap();
        let schema = RecordSchema::of(info).unwrap();
        let mut fields: Vec<_> =
            schema.fields.iter().map(|field| (field.name.clone(), Value::Null)).collect();
        let written = |fields: &[_]| schema.write("", fields, &mut Writer::in_buffer(Vec::new()));
        assert_eq!(written(&fields).unwrap_err().to_string(), "correlationId: Null is no string");
        fields.clear();
        assert_eq!(written(&fields).unwrap_err().to_string(), "correlationId: is missing (string)");
    }
}
