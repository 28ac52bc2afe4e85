//! The rules of Avro: what a reader can make of what a writer has written.
//!
//! apache-avro knows them as well, but stops at the first thing that does not fit and does not say where it is.

use std::collections::{HashMap, HashSet};

use apache_avro::Schema;
use apache_avro::schema::{Name, RecordField, RecordSchema, ResolvedSchema};

/// One thing that the reader cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Incompatibility {
    /// The field, such as `ConfigUpdated.content`; `[]` is an item of an array, `{}` a value of a map.
    pub(super) path: String,
    pub(super) problem: String,
    pub(super) mend: String,
}

/// What it is that is compared: names for the two sides.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sides {
    pub(super) reader: &'static str,
    pub(super) writer: &'static str,
}

/// Everything in what `writer` writes that `reader` cannot read.
pub(super) fn incompatibilities(reader: &Schema, writer: &Schema, sides: Sides) -> Vec<Incompatibility> {
    let mut comparison = Comparison {
        reader: names(reader),
        writer: names(writer),
        sides,
        compared: HashSet::new(),
        found: Vec::new(),
    };
    let path = reader.name().map_or_else(|| type_name(reader), |name| name.name().to_owned());
    comparison.compare(&path, reader, writer);
    comparison.found
}

fn names(schema: &Schema) -> HashMap<Name, Schema> {
    let resolved = ResolvedSchema::new(schema);
    let names = resolved.iter().flat_map(ResolvedSchema::get_names);
    names.map(|(name, schema)| (name.clone(), (*schema).clone())).collect()
}

struct Comparison {
    reader: HashMap<Name, Schema>,
    writer: HashMap<Name, Schema>,
    sides: Sides,
    /// Records that contain themselves are compared once.
    compared: HashSet<(String, String)>,
    found: Vec<Incompatibility>,
}

impl Comparison {
    fn report(&mut self, path: &str, problem: String, mend: String) {
        self.found.push(Incompatibility { path: path.to_owned(), problem, mend });
    }

    fn compare(&mut self, path: &str, reader: &Schema, writer: &Schema) {
        let (reader, writer) = (resolve(&self.reader, reader), resolve(&self.writer, writer));
        let Sides { reader: reads, writer: writes } = self.sides;
        match (&reader, &writer) {
            (_, Schema::Union(union)) => {
                for branch in union.variants() {
                    let path = format!("{path}<{}>", type_name(branch));
                    self.compare(&path, &reader, branch);
                }
            }
            (Schema::Union(union), _) => {
                let fits = union.variants().iter().any(|branch| self.fits(branch, &writer));
                if !fits {
                    let (type_name, union) = (type_name(&writer), type_name(&reader));
                    let problem = format!("{writes} writes {type_name}, {reads} reads {union}");
                    self.report(path, problem, format!("add {type_name} to the union in {reads}"));
                }
            }
            (Schema::Record(reader), Schema::Record(writer)) => self.records(path, reader, writer),
            (Schema::Array(reader), Schema::Array(writer)) => {
                self.compare(&format!("{path}[]"), &reader.items, &writer.items);
            }
            (Schema::Map(reader), Schema::Map(writer)) => {
                self.compare(&format!("{path}{{}}"), &reader.types, &writer.types);
            }
            (Schema::Enum(reader), Schema::Enum(writer)) => {
                self.named(path, &reader.name, reader.aliases.as_ref(), &writer.name);
                let unknown = writer.symbols.iter().filter(|symbol| !reader.symbols.contains(symbol));
                let unknown = unknown.map(String::as_str).collect::<Vec<_>>().join(", ");
                if !unknown.is_empty() && reader.default.is_none() {
                    let problem =
                        format!("{reads} does not know the symbols {unknown} that {writes} may write");
                    self.report(
                        path,
                        problem,
                        format!("give the enum in {reads} a default, or these symbols"),
                    );
                }
            }
            (Schema::Fixed(reader), Schema::Fixed(writer)) => {
                self.named(path, &reader.name, reader.aliases.as_ref(), &writer.name);
                if reader.size != writer.size {
                    let problem =
                        format!("{writes} writes {} bytes, {reads} reads {}", writer.size, reader.size);
                    self.report(path, problem, "keep the size, or add a field with another one".to_owned());
                }
            }
            (Schema::Decimal(reader), Schema::Decimal(writer))
                if (reader.precision, reader.scale) != (writer.precision, writer.scale) =>
            {
                let problem = format!(
                    "{writes} writes a decimal of {} digits, {} after the point, {reads} reads {} and {}",
                    writer.precision, writer.scale, reader.precision, reader.scale
                );
                self.report(path, problem, "keep precision and scale, or add a field with others".to_owned());
            }
            _ if promotes(&writer, &reader) => {}
            _ => {
                let (written, read) = (type_name(&writer), type_name(&reader));
                let problem = format!("{writes} writes {written}, {reads} reads {read}");
                let mend =
                    "keep the type, widen it (int, long, float, double), or add a field with the other type";
                self.report(path, problem, mend.to_owned());
            }
        }
    }

    /// Whether a branch of a union reads what is written.
    fn fits(&mut self, branch: &Schema, writer: &Schema) -> bool {
        let (found, compared) = (std::mem::take(&mut self.found), self.compared.clone());
        self.compare("", branch, writer);
        let fits = self.found.is_empty();
        self.found = found;
        if !fits {
            self.compared = compared;
        }
        fits
    }

    fn records(&mut self, path: &str, reader: &RecordSchema, writer: &RecordSchema) {
        if !self.compared.insert((reader.name.to_string(), writer.name.to_string())) {
            return;
        }
        let Sides { reader: reads, writer: writes } = self.sides;
        self.named(path, &reader.name, reader.aliases.as_ref(), &writer.name);
        for field in &reader.fields {
            let path = format!("{path}.{}", field.name);
            match written(field, writer) {
                Some(other) => self.compare(&path, &field.schema, &other.schema),
                None if field.default.is_some() => {}
                None => {
                    let problem = format!("{reads} needs this field, and {writes} does not write it");
                    let mend = format!("give it a default in {reads}, or keep it in {writes}");
                    self.report(&path, problem, mend);
                }
            }
        }
    }

    /// Types that have names are the same when their last parts are, or when the reader has an alias.
    fn named(
        &mut self,
        path: &str,
        reader: &Name,
        aliases: Option<&Vec<apache_avro::schema::Alias>>,
        writer: &Name,
    ) {
        let is_alias =
            aliases.is_some_and(|aliases| aliases.iter().any(|alias| alias.name() == writer.name()));
        if reader.name() != writer.name() && !is_alias {
            let Sides { reader: reads, writer: writes } = self.sides;
            let problem =
                format!("it is called {} in {writes} and {} in {reads}", writer.name(), reader.name());
            let mend = format!("keep the name, or add \"aliases\": [\"{}\"] in {reads}", writer.name());
            self.report(path, problem, mend);
        }
    }
}

/// The field of the writer that is read as this one.
fn written<'a>(field: &RecordField, writer: &'a RecordSchema) -> Option<&'a RecordField> {
    let called = |name: &str| writer.fields.iter().find(|other| other.name == name);
    called(&field.name).or_else(|| field.aliases.iter().find_map(|alias| called(alias)))
}

fn resolve(names: &HashMap<Name, Schema>, schema: &Schema) -> Schema {
    match schema {
        Schema::Ref { name } => names.get(name).cloned().unwrap_or_else(|| schema.clone()),
        schema => schema.clone(),
    }
}

/// What a person calls a type.
fn type_name(schema: &Schema) -> String {
    match schema {
        Schema::Array(array) => format!("array of {}", type_name(&array.items)),
        Schema::Map(map) => format!("map of {}", type_name(&map.types)),
        Schema::Union(union) => union.variants().iter().map(type_name).collect::<Vec<_>>().join(" or "),
        other => match (plain(other), other.name()) {
            (Plain::Other(_), Some(name)) => name.name().to_owned(),
            (Plain::Other(_), None) => "value of its type".to_owned(),
            (plain, _) => format!("{plain:?}").to_ascii_lowercase(),
        },
    }
}

/// Whether a plain value can be read as another type.
fn promotes(writer: &Schema, reader: &Schema) -> bool {
    let (writer, reader) = (plain(writer), plain(reader));
    writer == reader
        || matches!(
            (writer, reader),
            (Plain::Int, Plain::Long | Plain::Float | Plain::Double)
                | (Plain::Long, Plain::Float | Plain::Double)
                | (Plain::Float, Plain::Double)
                | (Plain::String, Plain::Bytes)
                | (Plain::Bytes, Plain::String)
        )
}

/// What is on the wire below a logical type.
#[derive(Debug, PartialEq, Eq)]
enum Plain {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    /// Something of which only the same is the same.
    Other(String),
}

fn plain(schema: &Schema) -> Plain {
    match schema {
        Schema::Null => Plain::Null,
        Schema::Boolean => Plain::Boolean,
        Schema::Int | Schema::Date | Schema::TimeMillis => Plain::Int,
        Schema::Long
        | Schema::TimeMicros
        | Schema::TimestampMillis
        | Schema::TimestampMicros
        | Schema::TimestampNanos
        | Schema::LocalTimestampMillis
        | Schema::LocalTimestampMicros
        | Schema::LocalTimestampNanos => Plain::Long,
        Schema::Float => Plain::Float,
        Schema::Double => Plain::Double,
        Schema::Bytes | Schema::BigDecimal => Plain::Bytes,
        Schema::String => Plain::String,
        other => Plain::Other(other.canonical_form()),
    }
}

/// Why a reader that does not know the schema of the writer cannot read on after a while; `None` when the fields of OLD
/// are the first fields of NEW.
pub(super) fn moved(old: &Schema, new: &Schema) -> Option<String> {
    let (Schema::Record(old), Schema::Record(new)) = (old, new) else {
        return (old.canonical_form() != new.canonical_form()).then(|| "it is of another type".to_owned());
    };
    let mut news = new.fields.iter();
    for field in &old.fields {
        match news.next() {
            Some(other) if other.schema.canonical_form() == field.schema.canonical_form() => {}
            Some(other) if other.name == field.name => {
                return Some(format!("{} is of another type in NEW", field.name));
            }
            Some(other) => return Some(format!("where OLD has {}, NEW has {}", field.name, other.name)),
            None => return Some(format!("NEW ends before {}", field.name)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use apache_avro::schema_compatibility::SchemaCompatibility;

    use super::*;

    const SIDES: Sides = Sides { reader: "NEW", writer: "OLD" };

    fn record(fields: &str) -> Schema {
        Schema::parse_str(&format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)).unwrap()
    }

    fn of(field_type: &str) -> Schema {
        record(&format!(r#"{{"name":"f","type":{field_type}}}"#))
    }

    fn paths(reader: &Schema, writer: &Schema) -> Vec<String> {
        incompatibilities(reader, writer, SIDES).into_iter().map(|found| found.path).collect()
    }

    #[test]
    fn every_incompatibility_is_named_with_its_field_and_what_would_mend_it() {
        let old =
            record(r#"{"name":"a","type":"long"},{"name":"b","type":{"type":"array","items":"string"}}"#);
        let new = record(
            r#"{"name":"a","type":"int"},{"name":"b","type":{"type":"array","items":"int"}},{"name":"c","type":"int"}"#,
        );
        let found = incompatibilities(&new, &old, SIDES);
        let told: Vec<_> = found.iter().map(|found| format!("{}: {}", found.path, found.problem)).collect();
        assert_eq!(
            told,
            [
                "R.a: OLD writes long, NEW reads int",
                "R.b[]: OLD writes string, NEW reads int",
                "R.c: NEW needs this field, and OLD does not write it",
            ]
        );
        assert_eq!(found[2].mend, "give it a default in NEW, or keep it in OLD");
    }

    /// Pairs of types, and whether the first reads what the second writes.
    const TYPES: &[(&str, &str, bool)] = &[
        (r#""long""#, r#""int""#, true),
        (r#""int""#, r#""long""#, false),
        (r#""double""#, r#""float""#, true),
        (r#""bytes""#, r#""string""#, true),
        (r#""string""#, r#""bytes""#, true),
        (r#"["null","string"]"#, r#""string""#, true),
        (r#""string""#, r#"["null","string"]"#, false),
        (r#"["null","long"]"#, r#"["null","int"]"#, true),
        (r#"["null","int"]"#, r#"["null","string"]"#, false),
        (r#"{"type":"map","values":"long"}"#, r#"{"type":"map","values":"int"}"#, true),
        (r#"{"type":"map","values":"int"}"#, r#"{"type":"map","values":"string"}"#, false),
        (r#"{"type":"fixed","name":"F","size":4}"#, r#"{"type":"fixed","name":"F","size":4}"#, true),
        (r#"{"type":"fixed","name":"F","size":4}"#, r#"{"type":"fixed","name":"F","size":8}"#, false),
        (
            r#"{"type":"enum","name":"E","symbols":["A","B"]}"#,
            r#"{"type":"enum","name":"E","symbols":["A"]}"#,
            true,
        ),
    ];

    /// Where the library is content when one branch of a union can be read. Another one would be an error then.
    const LENIENT: &[(&str, &str)] =
        &[(r#""string""#, r#"["null","string"]"#), (r#"["null","int"]"#, r#"["null","string"]"#)];

    #[test]
    fn types_are_read_as_the_general_library_says_unless_it_is_lenient() {
        for &(reader, writer, expected) in TYPES {
            let library_says = expected || LENIENT.contains(&(reader, writer));
            let (reader, writer) = (of(reader), of(writer));
            assert_eq!(paths(&reader, &writer).is_empty(), expected, "{reader:?} {writer:?}");
            let can_read = SchemaCompatibility::can_read(&writer, &reader).is_ok();
            assert_eq!(can_read, library_says, "{reader:?} {writer:?}");
        }
    }

    #[test]
    fn a_symbol_that_is_not_known_needs_a_default() {
        let of_symbols = |symbols: &str| of(&format!(r#"{{"type":"enum","name":"E","symbols":{symbols}}}"#));
        let written = of_symbols(r#"["A","B"]"#);
        assert_eq!(paths(&of_symbols(r#"["A"]"#), &written), ["R.f"]);
        assert!(paths(&of_symbols(r#"["A"],"default":"A""#), &written).is_empty());
    }

    #[test]
    fn a_default_and_an_alias_help() {
        let old = record(r#"{"name":"a","type":"int"}"#);
        assert!(paths(&record(r#"{"name":"b","type":"int","default":1}"#), &old).is_empty());
        assert!(paths(&record(r#"{"name":"b","type":"int","aliases":["a"]}"#), &old).is_empty());
        assert_eq!(paths(&record(r#"{"name":"b","type":"int"}"#), &old), ["R.b"]);
    }

    #[test]
    fn a_record_that_contains_itself_is_compared_once() {
        let list = |value: &str| {
            record(&format!(r#"{{"name":"v","type":"{value}"}},{{"name":"next","type":["null","R"]}}"#))
        };
        assert!(paths(&list("long"), &list("int")).is_empty());
        assert_eq!(paths(&list("int"), &list("long")), ["R.v"]);
    }

    #[test]
    fn on_the_wire_fields_can_only_be_appended() {
        let old = record(r#"{"name":"a","type":"int"},{"name":"b","type":"int"}"#);
        let appended =
            record(r#"{"name":"a","type":"int"},{"name":"b","type":"int"},{"name":"c","type":"int"}"#);
        assert_eq!(moved(&old, &appended), None);
        assert_eq!(moved(&appended, &old).as_deref(), Some("NEW ends before c"));
        let other = record(r#"{"name":"c","type":"string"},{"name":"a","type":"int"}"#);
        assert_eq!(moved(&old, &other).as_deref(), Some("where OLD has a, NEW has c"));
    }
}
