//! From the text of a topic or a URL to what is asked for.
//!
//! A resource path is for its extension alone to understand. That holds for the name of a configuration
//! (7/CMP), too: it stays the last level of the path, and is not put into
//! [`Request::config_name`](crate::relay::Request::config_name) as well.

use std::error::Error;

use kaa_protocol::kp1::{PathError, RequestPath};

use crate::applications::Applications;
use crate::limits::Limits;
use crate::relay::Answer;

/// The longest reason, in bytes: what a topic of usual length takes, quoted twice.
const REASON: usize = 512;

/// Reads an MQTT topic.
pub(super) fn read_topic(
    topic: &str,
    limits: &Limits,
    applications: &Applications,
) -> Result<RequestPath, Answer> {
    measure("topic", topic, limits)?;
    let path = RequestPath::from_topic(topic, |extension| applications.awareness(extension));
    path.map_err(|error| explain(&error))
}

/// Reads the path of a URL, escapes and all. It may be as long as the topic it looks like.
pub(super) fn read_url_path(
    path: &str,
    limits: &Limits,
    applications: &Applications,
) -> Result<RequestPath, Answer> {
    measure("path", path.strip_prefix('/').unwrap_or(path), limits)?;
    let path = RequestPath::from_url_path(path, |extension| applications.awareness(extension));
    path.map_err(|error| explain(&error))
}

fn measure(what: &str, topic: &str, limits: &Limits) -> Result<(), Answer> {
    let (bytes, most) = (topic.len(), limits.topic);
    if bytes > most {
        let reason = format!("the {what} has {bytes} bytes; at most {most} are allowed (limits.topic)");
        return Err(Answer::refused(400, reason));
    }
    let (levels, most) = (topic.split('/').count(), limits.topic_levels);
    if levels > most {
        let reason =
            format!("the {what} has {levels} levels; at most {most} are allowed (limits.topic-levels)");
        return Err(Answer::refused(400, reason));
    }
    Ok(())
}

/// Which level is wrong, and which character of it: what somebody needs who tries a first topic.
#[cold]
fn explain(error: &PathError) -> Answer {
    let mut reason = error.to_string();
    if let Some(source) = error.source() {
        reason = format!("{reason}: {source}");
    }
    // Quoted text is escaped, which makes hostile text long.
    reason.truncate(reason.floor_char_boundary(REASON));
    Answer::refused(400, reason)
}

#[cfg(test)]
mod tests;
