//! What the user may not do, in the server's own words.

use std::time::Duration;

use kaa_ext::bus::{Bus, SubjectFilter, SubscribeError};
use kaa_process::error::Chain;
use tokio::time::timeout;

use super::finding::Finding;

/// What is subscribed to, and who needs it.
const HEARD: [(&str, &str); 2] =
    [("kaa.v1.>", "kaa tap and kaa record"), ("_INBOX.>", "kaa tap and kaa record, for answers to inboxes")];

/// What is published to, and who needs it. Nobody listens there.
const SAID: [(&str, &str); 2] = [
    ("kaa.v1.service.kaa-doctor.esp.ClientData", "kaa call and kaa replay"),
    ("kaa.v1.events.kaa-doctor.doctor.examination.held", "kaa emit"),
];

/// How long after the round trip a refusal may take to be told.
const REFUSED: Duration = Duration::from_millis(50);

/// Tries what the commands of kaa do.
pub(super) async fn check(bus: &Bus, patience: Duration) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (filter, who) in HEARD {
        let Ok(filter) = filter.parse::<SubjectFilter>() else { continue };
        findings.push(match bus.subscribe(filter.clone(), None).await {
            Ok(_) => Finding::ok("permissions", format!("may subscribe to {filter}")),
            Err(error) => {
                refused(&format!("{:#}", Chain(&error)), who, matches!(error, SubscribeError::Forbidden(_)))
            }
        });
    }
    for (subject, who) in SAID {
        let Ok(subject) = subject.parse::<kaa_ext::bus::Subject>() else { continue };
        let mut forbidden = bus.watch_forbidden();
        let published = bus.publish(subject.clone(), None, Vec::new().into()).await;
        // A refusal comes before the answer to the round trip; another task tells of it.
        let fenced = bus.fence(patience).await;
        findings.push(match (published, fenced, timeout(REFUSED, forbidden.next()).await) {
            (_, _, Ok(forbidden)) => refused(&forbidden.to_string(), who, true),
            (Err(error), ..) => refused(&format!("{:#}", Chain(&error)), who, false),
            (_, Err(error), _) => refused(&format!("{:#}", Chain(&error)), who, false),
            (Ok(()), Ok(()), Err(_)) => Finding::ok("permissions", format!("may publish to {subject}")),
        });
    }
    findings
}

/// A user who may not is no mistake if nobody wants to.
fn refused(why: &str, who: &str, is_forbidden: bool) -> Finding {
    let (found, line) = why.split_once("; if it is meant to, ").unwrap_or((why, "see above"));
    if is_forbidden {
        Finding::warn("permissions", found, format!("only if {who} should work as this user: {line}"))
    } else {
        Finding::fail("permissions", found, format!("{who} will not work before that does"))
    }
}
