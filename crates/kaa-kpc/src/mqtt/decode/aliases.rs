//! The numbers that a client has given to topics on this connection.

use crate::mqtt::reader::Fault;
use crate::mqtt::topic::TopicName;
use crate::mqtt::violation::Violation;

const FIELD: &str = "topic alias";

/// Topic aliases, at most as many as the server has offered.
#[derive(Debug, Default)]
pub(super) struct Aliases {
    /// Sorted by alias. The topics have buffers of their own: an alias is kept for long, and should not keep
    /// the packet that it came with.
    topics: Vec<(u16, TopicName)>,
}

impl Aliases {
    /// The topic of a PUBLISH with this alias; when the packet has one, the alias stands for it from now on.
    pub(super) fn resolve(
        &mut self,
        alias: u16,
        topic: Option<TopicName>,
        maximum: u16,
    ) -> Result<TopicName, Fault> {
        if alias == 0 {
            return Err(Fault::new(FIELD, Violation::ZeroTopicAlias));
        }
        if alias > maximum {
            return Err(Fault::new(FIELD, Violation::TopicAliasTooHigh { alias, maximum }));
        }
        let place = self.topics.binary_search_by_key(&alias, |(known, _)| *known);
        let known = place.ok().and_then(|index| self.topics.get_mut(index));
        match (topic, known) {
            (None, Some((_, known))) => Ok(known.clone()),
            (None, None) => Err(Fault::new(FIELD, Violation::UnknownTopicAlias(alias))),
            (Some(topic), Some((_, known))) => {
                *known = topic.detached();
                Ok(topic)
            }
            (Some(topic), None) => {
                let index = place.unwrap_or_else(|index| index);
                self.topics.insert(index, (alias, topic.detached()));
                Ok(topic)
            }
        }
    }
}
