//! Values of a record, from its schema alone.

use apache_avro::Schema;
use apache_avro::types::Value;
use kaa_protocol::Bytes;
use kaa_protocol::catalog::RecordInfo;
use proptest::prelude::*;

use crate::oracle::{self, Block, ONE_BLOCK};

/// How much of a record is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fill {
    /// No null where a value can be, something in every array and map.
    Full,
    /// Every null there can be, nothing in any array or map.
    Bare,
}

/// A message as it is seen on a platform.
pub(crate) fn typical(schema: &Schema, fill: Fill) -> Value {
    value("", schema, fill)
}

/// Datums as they are seen on a platform, and some in unusual blocks.
pub(crate) fn typical_datums(info: &RecordInfo) -> Vec<Bytes> {
    let schema = oracle::schema(info);
    let full = typical(&schema, Fill::Full);
    let single: &[Block] = &[(1, true), (1, false)];
    vec![
        oracle::write_blocks(&full, ONE_BLOCK),
        oracle::write_blocks(&full, single),
        oracle::write_blocks(&typical(&schema, Fill::Bare), ONE_BLOCK),
    ]
}

fn value(name: &str, schema: &Schema, fill: Fill) -> Value {
    match schema {
        Schema::Boolean => Value::Boolean(true),
        Schema::Int => Value::Int(int(name)),
        Schema::Long => Value::Long(long(name)),
        Schema::Float => Value::Float(21.5),
        Schema::Double => Value::Double(-21.5),
        Schema::String => Value::String(text(name).into()),
        Schema::Bytes => Value::Bytes(br#"[{"humidity":88,"temperature":21.5}]"#.into()),
        Schema::Null => Value::Null,
        Schema::Union(union) => {
            let wanted = |variant: &Schema| (*variant == Schema::Null) == (fill == Fill::Bare);
            branch(name, schema, union.variants().iter().position(wanted).unwrap(), fill)
        }
        Schema::Record(record) => {
            let field = |field: &apache_avro::schema::RecordField| {
                (field.name.clone(), value(&field.name, &field.schema, fill))
            };
            Value::Record(record.fields.iter().map(field).collect())
        }
        Schema::Array(_) | Schema::Map(_) if fill == Fill::Bare => match schema {
            Schema::Array(_) => Value::Array(Vec::new()),
            _ => Value::Map([].into()),
        },
        Schema::Array(array) => Value::Array(vec![value(name, &array.items, fill); 3]),
        Schema::Map(map) => {
            // One entry for every branch there is, or for a few endpoints.
            let branches = match &*map.types {
                Schema::Union(union) => union.variants().len(),
                _ => 0,
            };
            let entry = |index| {
                let value = match branches {
                    0 => value(name, &map.types, fill),
                    _ => branch(name, &map.types, index, fill),
                };
                (format!("7ad263ec-3347-4c7d-af89-50c67061367{index}"), value)
            };
            Value::Map((0..branches.max(3)).map(entry).collect())
        }
        other => panic!("no record has a {other:?}"),
    }
}

/// A branch of a union; the last one for an index beyond it.
fn branch(name: &str, schema: &Schema, index: usize, fill: Fill) -> Value {
    let Schema::Union(union) = schema else { panic!("{schema:?} is no union") };
    let index = index.min(union.variants().len() - 1);
    let value = value(name, &union.variants()[index], fill);
    Value::Union(u32::try_from(index).unwrap(), Box::new(value))
}

fn int(field: &str) -> i32 {
    match field {
        "statusCode" => 200,
        "configVersion" => 7,
        _ => 42,
    }
}

fn long(field: &str) -> i64 {
    match field {
        "timeout" => 3_600_000,
        _ => 1_490_262_793_349,
    }
}

fn text(field: &str) -> &'static str {
    match field {
        "correlationId" => "07d78e95-2c4d-4899-957c-b9e5a3701fbb",
        "appVersionName" | "appVersionToken" | "endpoints" => "humidity-sensor-v3",
        "previousAppVersionName" => "humidity-sensor-v2",
        "contentType" => "application/json",
        "resourcePath" | "path" => "/config/json",
        "reasonPhrase" | "status" => "ok",
        "configId" => "v7-b9e5a3701fbb",
        "configName" => "network",
        "commandType" => "reboot",
        "timeSeriesName" => "auto~temperature",
        "serialNumber" => "235694853462908273645",
        "issuer" => "CN=Kaa, O=KaaIoT",
        "originatorReplicaId" => "5cd4ad9f-1a7e-4f7c-9d57-0f8d4c1c2b6a",
        "extensionInstanceName" | "extensionInstanceId" | "receiverServiceInstanceName" => "humidity-dcx-1",
        _ => "7ad263ec-3347-4c7d-af89-50c67061367a",
    }
}

/// Anything that the record can say.
pub(crate) fn any_value(info: &'static RecordInfo) -> BoxedStrategy<Value> {
    let value = anything(&oracle::schema(info));
    if (info.name, info.revision) != ("ExtensionData", Some("seed")) {
        return value;
    }
    // The readers of today would take these names for their own revision.
    let renamed = |mut value| {
        if let Value::Record(fields) = &mut value
            && let (_, Value::String(name)) = &mut fields[3]
            && matches!(name.as_bytes(), [] | [..0x20])
        {
            *name = "humidity-sensor-v3".into();
        }
        value
    };
    value.prop_map(renamed).boxed()
}

fn anything(schema: &Schema) -> BoxedStrategy<Value> {
    use proptest::num::{f32, f64};
    match schema {
        Schema::Null => Just(Value::Null).boxed(),
        Schema::Boolean => any::<bool>().prop_map(Value::Boolean).boxed(),
        Schema::Int => {
            prop_oneof![Just(i32::MIN), Just(i32::MAX), -70..70, any::<i32>()].prop_map(Value::Int).boxed()
        }
        Schema::Long => prop_oneof![Just(i64::MIN), Just(i64::MAX), -70_i64..70, any::<i64>()]
            .prop_map(Value::Long)
            .boxed(),
        // Not a number is not equal to itself; the golden vectors have it.
        Schema::Float => {
            (f32::NORMAL | f32::SUBNORMAL | f32::ZERO | f32::INFINITE | f32::NEGATIVE | f32::POSITIVE)
                .prop_map(Value::Float)
                .boxed()
        }
        Schema::Double => {
            (f64::NORMAL | f64::SUBNORMAL | f64::ZERO | f64::INFINITE | f64::NEGATIVE | f64::POSITIVE)
                .prop_map(Value::Double)
                .boxed()
        }
        Schema::String => any_text().prop_map(Value::String).boxed(),
        Schema::Bytes => prop_oneof![
            8 => proptest::collection::vec(any::<u8>(), 0..80),
            1 => proptest::collection::vec(any::<u8>(), 8_000..9_000),
        ]
        .prop_map(Value::Bytes)
        .boxed(),
        Schema::Union(union) => {
            let branches = (0..).zip(union.variants()).map(|(n, variant)| {
                anything(variant).prop_map(move |value| Value::Union(n, Box::new(value))).boxed()
            });
            proptest::strategy::Union::new(branches).boxed()
        }
        Schema::Record(record) => {
            let names: Vec<_> = record.fields.iter().map(|field| field.name.clone()).collect();
            let values: Vec<_> = record.fields.iter().map(|field| anything(&field.schema)).collect();
            values.prop_map(move |values| Value::Record(names.iter().cloned().zip(values).collect())).boxed()
        }
        Schema::Array(array) => {
            let items = anything(&array.items);
            prop_oneof![
                8 => proptest::collection::vec(items.clone(), 0..5),
                1 => proptest::collection::vec(items, 70..80),
            ]
            .prop_map(Value::Array)
            .boxed()
        }
        Schema::Map(map) => {
            let value = anything(&map.types);
            prop_oneof![
                8 => proptest::collection::hash_map(any_text(), value.clone(), 0..5),
                1 => proptest::collection::hash_map(any_text(), value, 60..70),
            ]
            .prop_map(Value::Map)
            .boxed()
        }
        other => panic!("no record has a {other:?}"),
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9-]{1,80}",
        "\\PC{0,20}",
        proptest::collection::vec(any::<char>(), 0..12).prop_map(String::from_iter)
    ]
}
