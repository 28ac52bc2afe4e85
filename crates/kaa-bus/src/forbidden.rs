//! What the server does not let its user do, and the line of its configuration that would.

use std::fmt;
use std::sync::Arc;

use crate::permissions::Escaped;

/// The permissions of the user do not cover a subject.
///
/// It says which line is missing, where:
///
/// ```text
/// user "dcx" of NATS may not publish to kaa.v1.events.dcx.x.y.z; if it is meant to, add this line to
/// permissions.publish.allow of that user in the configuration of nats-server: "kaa.v1.events.dcx.x.y.z"
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden(Arc<Facts>);

#[derive(Debug, PartialEq, Eq)]
struct Facts {
    login: Arc<str>,
    action: Action,
    subject: String,
    queue_group: Option<String>,
}

/// What is not permitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Publish,
    Subscribe,
}

impl Forbidden {
    /// What nats-server says of it; `None` when it says something else. `login` is how its user is known here.
    pub(crate) fn read(text: &str, login: &Arc<str>) -> Option<Self> {
        let violation = text.strip_prefix("Permissions Violation for ")?;
        let (action, rest) = match violation.strip_prefix("Publish to ") {
            Some(rest) => (Action::Publish, rest),
            None => (Action::Subscribe, violation.strip_prefix("Subscription to ")?),
        };
        let (subject, rest) = quoted(rest)?;
        let group = rest.strip_prefix(" using queue ").and_then(quoted);
        let queue_group = group.map(|(group, _)| group);
        Some(Self(Arc::new(Facts { login: Arc::clone(login), action, subject, queue_group })))
    }

    /// The subject, or what would have been subscribed to.
    pub fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The line that is missing, as it stands between quotes in the configuration.
    pub fn missing_line(&self) -> String {
        let Facts { subject, queue_group, .. } = &*self.0;
        let group = queue_group.as_ref().map(|group| format!(" {group}")).unwrap_or_default();
        format!("{}{}", Escaped(subject), Escaped(&group))
    }

    pub(crate) fn action(&self) -> Action {
        self.0.action
    }
}

impl fmt::Display for Forbidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Facts { login, action, subject, queue_group } = &*self.0;
        let (does, list) = match action {
            Action::Publish => ("publish to", "publish"),
            Action::Subscribe => ("subscribe to", "subscribe"),
        };
        let group =
            queue_group.as_ref().map(|group| format!(" in the queue group {group}")).unwrap_or_default();
        write!(
            f,
            "{login} of NATS may not {does} {subject}{group}; if it is meant to, add this line to \
             permissions.{list}.allow of that user in the configuration of nats-server: \"{}\"",
            self.missing_line()
        )
    }
}

impl std::error::Error for Forbidden {}

/// Reads text in the double quotes of Go, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?.char_indices();
    let mut content = String::new();
    loop {
        match rest.next()?.1 {
            '"' => return Some((content, rest.as_str())),
            '\\' => content.push(rest.next()?.1),
            plain => content.push(plain),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Forbidden> {
        Forbidden::read(text, &"user \"dcx\"".into())
    }

    #[test]
    fn a_publish_that_is_refused_is_named_with_its_user_and_the_line_to_add() {
        let forbidden = read(r#"Permissions Violation for Publish to "kaa.v1.events.dcx.x""#).unwrap();
        assert_eq!(
            forbidden.to_string(),
            "user \"dcx\" of NATS may not publish to kaa.v1.events.dcx.x; if it is meant to, add this line to \
             permissions.publish.allow of that user in the configuration of nats-server: \"kaa.v1.events.dcx.x\""
        );
    }

    #[test]
    fn the_line_of_a_member_of_a_queue_group_names_the_group() {
        let text = r#"Permissions Violation for Subscription to "kaa.v1.service.cmx" using queue "dcx""#;
        let forbidden = read(text).unwrap();
        assert_eq!(forbidden.missing_line(), "kaa.v1.service.cmx dcx");
        let told = forbidden.to_string();
        assert!(told.contains("subscribe to kaa.v1.service.cmx in the queue group dcx;"), "{told}");
        assert!(told.ends_with(r#"permissions.subscribe.allow of that user in the configuration of nats-server: "kaa.v1.service.cmx dcx""#));
    }

    #[test]
    fn a_quote_in_a_subject_is_read_and_written() {
        let forbidden = read(r#"Permissions Violation for Publish to "a\"b\\.c""#).unwrap();
        assert_eq!((forbidden.subject(), &*forbidden.missing_line()), (r#"a"b\.c"#, r#"a\"b\\.c"#));
    }

    #[test]
    fn whatever_else_the_server_says_is_not_taken_for_it() {
        for text in [
            "",
            "Unknown Protocol Operation",
            "Permissions Violation for ",
            "Permissions Violation for Publish to ",
            r#"Permissions Violation for Publish to "a"#,
            r#"Permissions Violation for Publish to "a\"#,
            r#"Permissions Violation for Publish with Reply of "a" for "b""#,
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
