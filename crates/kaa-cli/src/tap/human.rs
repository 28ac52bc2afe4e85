//! A few lines a message, for people.

use std::fmt::Write;

use kaa_tap::wire::{Value, to_json};
use kaa_tap::{Happened, Seen};

use super::undecoded::{head, readable};
use crate::terminal::{Paint, clipped, escaped};

/// How many characters of a value are shown.
const LONGEST: usize = 2000;

/// What is shown of it.
pub(crate) fn text(happened: &Happened, paint: Paint) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = match happened {
        Happened::Message(seen) => message(&mut text, seen, paint),
        Happened::Unanswered { open, waited } => {
            let about = [("endpoint", &open.endpoint), ("path", &open.path)];
            let about = about.iter().filter_map(|(name, value)| Some(format!(" {name} {}", value.as_ref()?)));
            let about = escaped(&about.collect::<String>()).into_owned();
            let what = format!("#{} {} was not answered within {waited:.1?}", open.n, open.record);
            writeln!(text, "{}  {}{about}", paint.bad(what), paint.dim(escaped(&open.subject)))
        }
        Happened::Missed(count) => {
            let missed = format!("{count} messages were missed: they came faster than they could be shown");
            writeln!(text, "{}", paint.bad(missed))
        }
        Happened::Disconnected => {
            let lost = "the connection to NATS is lost: what is sent now is not seen";
            writeln!(text, "{}", paint.bad(lost))
        }
        Happened::Connected => writeln!(text, "{}", paint.good("the connection to NATS is back")),
    };
    text
}

fn message(out: &mut String, seen: &Seen, paint: Paint) -> std::fmt::Result {
    let time = humantime::format_rfc3339_millis(seen.time).to_string();
    let time = time.get(11..23).unwrap_or(&time);
    write!(out, "{} {}", paint.dim(time), paint.dim(format_args!("#{}", seen.n)))?;
    match &seen.content {
        Ok(decoded) => write!(out, " {} {}", paint.bold(decoded.info.name), decoded.info.protocol)?,
        Err(_) => write!(out, " {}", paint.warning("not decoded"))?,
    }
    if let Some(status) = seen.status() {
        let reason = status.reason.map(|reason| format!(" {}", clipped(&reason, 200))).unwrap_or_default();
        let shown = format!("{}{reason}", status.code);
        let shown = if status.is_error { paint.bad(shown) } else { paint.good(shown) };
        write!(out, "  {shown}")?;
    }
    if let Some(answered) = &seen.answers {
        let after = answered.after.as_secs_f64() * 1000.0;
        write!(out, "  {}", paint.name(format_args!("answers #{} after {after:.1} ms", answered.n)))?;
    }
    writeln!(out, "  {}", paint.dim(escaped(&seen.subject)))?;
    if let Some(answered) = &seen.answers {
        writeln!(out, "    {} {}", paint.dim("asked at"), paint.dim(escaped(&answered.subject)))?;
    }
    match &seen.content {
        Ok(decoded) => {
            let mut line = String::new();
            for (name, value) in decoded.fields.iter().filter(|(name, _)| !is_told(name)) {
                match value {
                    // Bytes, lists and what is longer have lines of their own.
                    Value::Null | Value::Bytes(_) | Value::Array(_) | Value::Map(_) => {}
                    Value::Long(0) if name == "timeout" => {}
                    Value::String(text) if !is_plain(text) => {}
                    value => {
                        let json = to_json(value);
                        let shown = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
                        write!(line, " {}={}", name, clipped(&shown, LONGEST))?;
                    }
                }
            }
            writeln!(out, "   {line}")?;
            for (name, value) in decoded.fields.iter().filter(|(name, _)| !is_told(name)) {
                content(out, name, value, paint)?;
            }
            if decoded.trailing > 0 {
                let more = format!("{} bytes follow that the schema does not know", decoded.trailing);
                writeln!(out, "    {}", paint.warning(more))?;
            }
        }
        Err(error) => {
            let reason = escaped(&error.0).into_owned();
            let shown =
                readable(&seen.datum).map_or_else(|| dump(&seen.datum), |text| clipped(text, LONGEST).into());
            writeln!(out, "    {}: {shown}", paint.warning(reason))?;
        }
    }
    if let Some(reply_to) = &seen.reply_to {
        writeln!(out, "    {} {}", paint.dim("reply to"), paint.dim(escaped(reply_to)))?;
    }
    if let Some(trace) = &seen.trace {
        writeln!(out, "    {} {}", paint.dim("traceparent"), paint.dim(trace))?;
    }
    Ok(())
}

/// What is inside, on lines of its own.
fn content(out: &mut String, name: &str, value: &Value, paint: Paint) -> std::fmt::Result {
    match value {
        Value::Bytes(bytes) if !bytes.is_empty() => {
            writeln!(out, "    {} {}", paint.name(name), payload(bytes))
        }
        Value::String(text) if !is_plain(text) => {
            writeln!(out, "    {} {}", paint.name(name), clipped(text, LONGEST))
        }
        Value::Array(items) => items.iter().take(10).enumerate().try_for_each(|(n, item)| {
            let shown = match item {
                Value::Bytes(bytes) => payload(bytes),
                other => clipped(&to_json(other).to_string(), LONGEST).into_owned(),
            };
            let more = items.len().saturating_sub(10);
            let more = if n == 9 && more > 0 { format!(" … and {more} more") } else { String::new() };
            writeln!(out, "    {}[{n}] {shown}{more}", paint.name(name))
        }),
        Value::Map(map) if !map.is_empty() => {
            let json = to_json(value).to_string();
            writeln!(out, "    {} {}", paint.name(name), clipped(&json, LONGEST))
        }
        _ => Ok(()),
    }
}

/// Whether the first line tells it already.
fn is_told(field: &str) -> bool {
    matches!(field, "timestamp" | "statusCode" | "reasonPhrase" | "status")
}

/// Whether a text is one word among others.
fn is_plain(text: &str) -> bool {
    text.len() <= 100 && !text.contains(['{', ' ', '\n'])
}

fn payload(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| dump(bytes), |text| clipped(text, LONGEST).into_owned())
}

fn dump(bytes: &[u8]) -> String {
    let (head, more) = head(bytes);
    let more = if more > 0 { format!("… ({more} more bytes)") } else { String::new() };
    format!("hex {head}{more}")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use bytes::Bytes;
    use kaa_ext::bus::Message;
    use kaa_ext::protocol::avro::Record;
    use kaa_ext::protocol::esp::{ClientData, ExtensionData, Revision};
    use kaa_tap::Answered;

    use super::super::ndjson::Format;
    use super::*;

    fn seen(subject: &str, payload: Bytes) -> Seen {
        let message = Message {
            subject: subject.to_owned().into(),
            reply_to: None,
            payload,
            no_responders: None,
            trace: None,
        };
        Seen::new(7, UNIX_EPOCH + Duration::from_millis(1_500), &message, None)
    }

    fn shown(seen: Seen) -> String {
        text(&Happened::Message(Box::new(seen)), Paint::PLAIN)
    }

    #[test]
    fn a_request_is_shown_with_its_fields_and_its_payload() {
        let data = ClientData {
            correlation_id: "c1",
            endpoint_id: Some("e1"),
            resource_path: "/json",
            request_id: Some(42),
            app_version_name: "v1",
            payload: b"[{\"humidity\": 88}]",
            ..ClientData::default()
        };
        let datum = data.encode(Revision::Seed).unwrap();
        assert_eq!(
            shown(seen("kaa.v1.service.dcx.esp.ClientData", datum)),
            "00:00:01.500 #7 ClientData 4/ESP  kaa.v1.service.dcx.esp.ClientData\n    \
             correlationId=c1 appVersionName=v1 endpointId=e1 resourcePath=/json requestId=42\n    \
             payload [{\"humidity\": 88}]\n"
        );
    }

    #[test]
    fn an_answer_says_how_it_went_and_how_long_it_took() {
        let data = ExtensionData {
            correlation_id: "c1",
            app_version_name: Some("v1"),
            status_code: 404,
            reason_phrase: Some("no such \x1b[31mthing"),
            ..ExtensionData::default()
        };
        let mut seen = seen("kaa.v1.replica.r.esp.ExtensionData", data.encode(Revision::Seed).unwrap());
        let after = Duration::from_micros(1_840);
        seen.answers = Some(Answered {
            n: 6,
            after,
            subject: "kaa.v1.service.dcx.esp.ClientData".to_owned(),
            is_shown: true,
        });
        let shown = shown(seen);
        let first = shown.lines().next().unwrap();
        assert!(first.contains(r"404 no such \u{1b}[31mthing  answers #6 after 1.8 ms"), "{first}");
    }

    #[test]
    fn the_trace_that_it_belongs_to_is_shown() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let mut seen = seen("kaa.v1.events.x", Bytes::new());
        seen.trace = parent.parse().ok();
        let line = Format { raw: false }.line(&Happened::Message(Box::new(seen.clone())));
        assert!(line.contains(&format!("\"traceparent\":\"{parent}\"")), "{line}");
        assert!(shown(seen).contains(&format!("traceparent {parent}\n")));
    }

    #[test]
    fn hostile_bytes_are_shown_and_never_obeyed() {
        let data = ClientData { payload: b"\x1b]0;owned\x07\r\n", ..ClientData::default() };
        let shown_data = shown(seen("kaa.v1.service.a.esp.ClientData", data.encode(Revision::Seed).unwrap()));
        assert!(shown_data.contains(r"payload \u{1b}]0;owned\u{7}\r\n"), "{shown_data}");
        let raw = shown(seen("kaa.v1.\u{1b}[2J", Bytes::from(vec![0xff; 1000])));
        assert!(!raw.contains('\u{1b}'), "{raw}");
        assert!(raw.contains("not decoded") && raw.contains("(936 more bytes)"), "{raw}");
        assert!(raw.contains("no record is known at this subject: hex ffff"), "{raw}");
    }

    #[test]
    fn what_is_no_record_but_text_is_shown_as_text() {
        let subject = "kaa.v1.events.cmx.endpoint.config.observation";
        let seen = |payload: &'static [u8]| seen(subject, Bytes::from_static(payload));
        let alive = seen(b"{\"notice\":\"alive\"}");
        let line = Format { raw: false }.line(&Happened::Message(Box::new(alive.clone())));
        assert!(line.contains(r#""text":"{\"notice\":\"alive\"}"}"#) && !line.contains("hex"), "{line}");
        let alive = shown(alive);
        assert!(alive.contains("no record is known at this subject: {\"notice\":\"alive\"}\n"), "{alive}");
        assert!(shown(seen(b"\x02a\x04bc")).contains("hex 0261046263"));
    }

    #[test]
    fn whatever_comes_is_shown_without_a_control_character_or_a_panic() {
        let payload = b"{\"a\":\"\x1b[2J\"}";
        let data =
            ClientData { correlation_id: "c\x07", endpoint_id: Some("e1"), payload, ..ClientData::default() };
        let valid = data.encode(Revision::Current).unwrap();
        let subjects = [
            "kaa.v1.service.dcx.esp.ClientData",
            "kaa.v1.service.dcx",
            "kaa.v1.replica.r.cdtp.response",
            "kaa.v1.events.kpc.endpoint.connectivity.connected",
            "kaa.v1.events.a.endpoint.data-collection.data-points-received.auto~t",
            "kaa.v1.events.a.endpoint.metadata.updated",
        ];
        // Numbers that look random and are the same in every run.
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap()
        };
        let mut decoded = 0;
        for _ in 0..20_000 {
            let mut bytes = valid.to_vec();
            bytes.truncate(random() % (bytes.len() + 1));
            for _ in 0..random() % 4 {
                let at = random() % bytes.len().max(1);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = u8::try_from(random() % 256).unwrap();
                }
            }
            let seen = seen(subjects[random() % subjects.len()], bytes.into());
            decoded += usize::from(seen.content.is_ok());
            let happened = Happened::Message(Box::new(seen));
            let line = super::super::Format { raw: true }.line(&happened);
            assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{line}");
            let text = line + &text(&happened, Paint::PLAIN);
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        }
        assert!(decoded > 100, "only {decoded} of them were records");
    }
}
