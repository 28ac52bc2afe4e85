//! From bytes to named values, by the schema of the record.

use bytes::Bytes;
use kaa_protocol::avro::Reader;
use kaa_protocol::catalog::RecordInfo;

use super::schema::RecordSchema;
use super::spec::Spec;
use super::value::Value;

/// A record with its values.
#[derive(Debug, Clone)]
pub struct Decoded {
    /// Which record it is.
    pub spec: &'static Spec,
    /// In which revision.
    pub info: &'static RecordInfo,
    /// The fields by their names on the wire, in the order of the schema.
    pub fields: Vec<(String, Value)>,
    /// Bytes that follow the last known field.
    pub trailing: usize,
}

/// Bytes that are none of the records that may be at their subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Undecoded(pub String);

impl Decoded {
    fn field(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    /// A field that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.field(name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// A field that is a whole number.
    pub fn number(&self, name: &str) -> Option<i64> {
        match self.field(name)? {
            Value::Int(number) => Some((*number).into()),
            Value::Long(number) => Some(*number),
            _ => None,
        }
    }

    /// A field that is bytes.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        match self.field(name)? {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Whether it is about this endpoint, alone or among others.
    pub fn is_about(&self, endpoint: &str) -> bool {
        self.text("endpointId") == Some(endpoint)
            || matches!(self.field("endpoints"), Some(Value::Map(endpoints)) if endpoints.contains_key(endpoint))
    }
}

/// Decodes a datum as the one of these records that it is.
///
/// The codec of the product is the judge, so that a datum that a service refuses is refused here as well; the values
/// are read by the schema it belongs to.
///
/// # Errors
///
/// [`Undecoded`], with the field and the byte where it ends to be one.
pub fn decode(specs: &[&'static Spec], datum: &Bytes) -> Result<Decoded, Undecoded> {
    let mut best: Option<(&'static Spec, &'static RecordInfo, usize)> = None;
    let mut why = None;
    for spec in specs {
        let Some(info) = spec.revisions.first() else { continue };
        match (info.check)(datum) {
            Ok(trailing) if best.is_none_or(|(.., least)| trailing < least) => {
                best = Some((spec, info, trailing))
            }
            Ok(_) => {}
            Err(error) => why = why.or_else(|| Some(error.to_string())),
        }
    }
    let Some((spec, first, trailing)) = best else {
        return Err(Undecoded(why.unwrap_or_else(|| "no record is known at this subject".to_owned())));
    };
    let body = without_header(datum);
    let record = body.slice(..body.len().saturating_sub(trailing));
    let info = revision(spec, first, datum, &record);
    let fields = values(info, &record).map_err(Undecoded)?;
    Ok(Decoded { spec, info, fields, trailing })
}

/// What follows the header of Avro's single-object encoding, if there is one.
fn without_header(datum: &Bytes) -> Bytes {
    const HEADER: usize = 10;
    let has_header = datum.starts_with(&[0xc3, 0x01]) && datum.len() >= HEADER;
    datum.slice(if has_header { HEADER } else { 0 }..)
}

/// The revision that a datum is of: the one in which it is encoded as it stands.
fn revision(
    spec: &'static Spec,
    first: &'static RecordInfo,
    datum: &Bytes,
    record: &Bytes,
) -> &'static RecordInfo {
    let is_it = |info: &&&'static RecordInfo| {
        spec.revisions.len() == 1 || (info.recode)(datum).is_some_and(|again| again == *record)
    };
    spec.revisions.iter().find(is_it).or(spec.revisions.last()).copied().unwrap_or(first)
}

fn values(info: &'static RecordInfo, record: &Bytes) -> Result<Vec<(String, Value)>, String> {
    let schema = RecordSchema::of(info).ok_or_else(|| format!("the schema of {} is not known", info.name))?;
    schema.read(&mut Reader::new(record)).map_err(|fault| {
        format!("{} at byte {} cannot be read by its schema: {}", info.name, fault.offset, fault.problem)
    })
}

#[cfg(test)]
mod tests {
    use kaa_protocol::avro::Record;
    use kaa_protocol::elce::ConnectedEvent;
    use kaa_protocol::esp::{ClientData, Revision};
    use kaa_protocol::ism::Message;

    use super::super::place::Place;
    use super::*;

    fn read(subject: &str, datum: &Bytes) -> Result<Decoded, Undecoded> {
        decode(&Place::of(subject).specs(), datum)
    }

    #[test]
    fn the_revision_is_found_and_the_values_are_named() {
        let data = ClientData {
            correlation_id: "c",
            app_version_name: "v1",
            endpoint_id: Some("e1"),
            resource_path: "/json",
            request_id: Some(7),
            payload: b"[1]",
            ..ClientData::default()
        };
        for (revision, label) in [(Revision::Seed, "seed"), (Revision::Current, "current")] {
            let datum = data.encode(revision).unwrap();
            let decoded = read("kaa.v1.service.dcx.esp.ClientData", &datum).unwrap();
            assert_eq!((decoded.info.revision, decoded.trailing), (Some(label), 0));
            assert_eq!(decoded.text("endpointId"), Some("e1"));
            assert_eq!(decoded.number("requestId"), Some(7));
            assert_eq!(decoded.bytes("payload"), Some(&b"[1]"[..]));
        }
        let longer: Bytes = [&data.encode(Revision::Current).unwrap(), &b"xyz"[..]].concat().into();
        let decoded = read("kaa.v1.service.dcx.esp.ClientData", &longer).unwrap();
        assert_eq!((decoded.trailing, decoded.text("resourcePath")), (3, Some("/json")));
    }

    #[test]
    fn endpoints_are_found_in_a_map() {
        let endpoints = [("e1", "v1")].into_iter().collect();
        let datum = ConnectedEvent { endpoints, ..ConnectedEvent::default() }.to_bytes();
        let decoded = read("kaa.v1.events.kpc.endpoint.connectivity.connected", &datum).unwrap();
        assert!(decoded.is_about("e1"));
        assert!(!decoded.is_about("e2"));
    }

    #[test]
    fn what_is_no_record_is_told_with_the_field() {
        let error =
            read("kaa.v1.service.dcx.esp.ClientData", &Bytes::from_static(b"\x06abc\xff")).unwrap_err();
        assert_eq!(error.to_string(), "ClientData.timestamp at byte 4: the datum ends inside this value");
        let error = read("a.b", &Bytes::from_static(b"x")).unwrap_err();
        assert_eq!(error.to_string(), "no record is known at this subject");
    }
}
