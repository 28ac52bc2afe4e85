//! Which events there are, and what they are called here.

use std::io::{Write, stdout};
use std::process::ExitCode;
use std::str::FromStr;

use kaa_ext::protocol::catalog::RecordInfo;
use kaa_ext::protocol::subject::EventKind;
use kaa_tap::wire::{SPECS, Spec, Where, fields};

use crate::terminal::Table;

/// An event there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventName(&'static Spec);

/// All of them.
fn all() -> impl Iterator<Item = EventName> {
    SPECS.iter().filter(|spec| matches!(spec.place, Where::Event(_))).map(EventName)
}

impl EventName {
    /// What it is called here: its record without `Event`, in lower case.
    pub(super) fn name(self) -> String {
        let record = self.record();
        let mut name = String::new();
        for c in record.strip_suffix("Event").unwrap_or(record).chars() {
            if c.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(c.to_ascii_lowercase());
        }
        name
    }

    pub(super) fn record(self) -> &'static str {
        self.0.name()
    }

    pub(super) fn info(self) -> Option<&'static RecordInfo> {
        self.0.revisions.last().copied()
    }

    pub(super) fn kind(self) -> Option<&'static EventKind> {
        match &self.0.place {
            Where::Event(kind) => Some(kind),
            _ => None,
        }
    }
}

impl FromStr for EventName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut found = all().filter(|event| event.name() == text || event.record() == text);
        found.next().ok_or_else(|| {
            let names = all().map(EventName::name).collect::<Vec<_>>().join(", ");
            format!("there is no such event; there are {names}")
        })
    }
}

/// Prints them as a table.
pub(super) fn print() -> ExitCode {
    let mut table = Table::default();
    table.row(["EVENT", "PROTOCOL", "SUBJECT kaa.v1.events.<service>.…", "NEEDS"].map(str::to_owned));
    for event in all() {
        let (Some(info), Some(kind)) = (event.info(), event.kind()) else { continue };
        let wanted = fields(info)
            .into_iter()
            .filter(|field| field.is_required && !super::build::is_filled(field.name));
        let wanted = wanted.map(|field| field.name).collect::<Vec<_>>().join(", ");
        let subject = format!("{}.{}.{}", kind.entity, kind.group, kind.event);
        table.row([event.name(), info.protocol.to_owned(), subject, wanted]);
    }
    // Nobody reads standard output any more: there is nobody left to tell.
    match write!(stdout().lock(), "{table}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_event_has_a_name_of_its_own_and_is_found_by_it() {
        let names: Vec<_> = all().map(EventName::name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        for name in &names {
            assert_eq!(name.parse::<EventName>().unwrap().name(), *name);
        }
        assert!(names.contains(&"app-version-updated".to_owned()), "{names:?}");
        let error = "conected".parse::<EventName>().unwrap_err();
        assert!(error.contains("connected, disconnected"), "{error}");
    }
}
