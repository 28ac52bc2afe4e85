//! Makes serde types of the committed schemas: what somebody who uses a general codec would write.
//!
//! They are generic over text and bytes, so that the same type is owned for apache-avro and borrowed
//! for serde_avro_fast.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

const SCHEMAS: &str = "../crates/kaa-protocol/schemas";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SCHEMAS}");
    let (mut types, mut records) = (String::new(), String::new());
    let mut folders = sorted(Path::new(SCHEMAS))?;
    folders.sort_by_key(|folder| number(folder));
    for folder in folders {
        for file in sorted(&folder)? {
            let text = fs::read_to_string(&file)?;
            let schema: Value = serde_json::from_str(&text)?;
            let stem = file.file_name().and_then(|name| name.to_str()).ok_or("a name")?;
            let folder = folder.file_name().and_then(|name| name.to_str()).ok_or("a name")?;
            let stem = stem.trim_end_matches(".avsc");
            let module = format!("{folder}_{stem}").replace(['-', '.'], "_");
            let module = format!("p{}", module.to_lowercase());
            let mut inner = String::new();
            let root = rust_type(&schema, &mut inner);
            writeln!(types, "pub mod {module} {{ use super::*; {inner} }}")?;
            let label = format!("{}/{}", folder.to_uppercase().replace('-', "/"), stem.replace('.', "/"));
            let root = root.split('<').next().unwrap_or_default();
            writeln!(records, "record!({label:?}, {module}::{root}, r#\"{text}\"#),")?;
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("types.rs"), format!("{types}\npub const RECORDS: &[Record] = &[\n{records}];\n"))?;
    Ok(())
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut paths: Vec<_> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

/// The number of the RFC that a folder is named after.
fn number(folder: &Path) -> Option<u32> {
    folder.file_name()?.to_str()?.split('-').next()?.parse().ok()
}

/// The Rust type of a schema; records are added to `types` on the way.
fn rust_type(schema: &Value, types: &mut String) -> String {
    match schema {
        Value::String(name) => match name.as_str() {
            "string" => "S",
            "bytes" => "B",
            "int" => "i32",
            "long" => "i64",
            other => panic!("no field is a {other}"),
        }
        .into(),
        Value::Array(branches) if branches.len() == 2 => {
            let branch = branches.iter().find(|branch| *branch != "null").expect("a union with null");
            format!("Option<{}>", rust_type(branch, types))
        }
        Value::Array(_) => "DataValue<S, B>".into(),
        Value::Object(fields) => match fields["type"].as_str().expect("a type") {
            "array" => format!("Vec<{}>", rust_type(&fields["items"], types)),
            "map" => format!("HashMap<S, {}>", rust_type(&fields["values"], types)),
            _ => record(schema, types),
        },
        other => panic!("{other} is no schema"),
    }
}

fn record(schema: &Value, types: &mut String) -> String {
    let name = schema["name"].as_str().expect("a name");
    let mut fields = String::new();
    for (index, field) in schema["fields"].as_array().expect("fields").iter().enumerate() {
        let kind = rust_type(&field["type"], types);
        let _ = write!(fields, "#[serde(rename = {})] pub f{index}: {kind}, ", field["name"]);
    }
    // Not every record has texts or bytes.
    let _ = write!(
        types,
        "#[derive(Serialize, Deserialize)] #[serde(rename = {name:?})] \
         pub struct {name}<S: Eq + Hash, B> {{ {fields} #[serde(skip)] pub of: PhantomData<(S, B)> }} "
    );
    format!("{name}<S, B>")
}
