//! What a client has subscribed to. Nothing is routed by it.

use crate::limits::Limits;
use crate::mqtt::ReasonCode;
use crate::mqtt::packet::{Qos, SubAck, Subscribe, Subscription, UnsubAck, Unsubscribe};
use crate::mqtt::{Properties, TopicFilter};

use super::filters::is_granted;

/// The granted subscriptions of a connection.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    granted: Vec<Granted>,
}

#[derive(Debug)]
struct Granted {
    filter: Box<str>,
    qos: Qos,
}

impl Subscriptions {
    pub(super) fn subscribe(&mut self, subscribe: &Subscribe, limits: &Limits) -> SubAck {
        let grant = |(index, subscription)| {
            if index < limits.filters_per_subscribe {
                self.grant(&subscription, limits)
            } else {
                ReasonCode::QuotaExceeded
            }
        };
        let reasons = subscribe.subscriptions.iter().enumerate().map(grant).collect();
        SubAck { packet_id: subscribe.packet_id, reasons, properties: Properties::default() }
    }

    pub(super) fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) -> UnsubAck {
        let reasons = unsubscribe.filters.iter().map(|filter| self.remove(&filter)).collect();
        UnsubAck { packet_id: unsubscribe.packet_id, reasons, properties: Properties::default() }
    }

    /// Whether a subscription with QoS 1 means this topic.
    pub(super) fn ask_for_qos_1(&self, topic: &str) -> bool {
        let mut granted = self.granted.iter().filter(|granted| granted.qos == Qos::AtLeastOnce);
        granted.any(|granted| {
            // It was a filter when it came, and `$share` is not granted, so the version does not matter.
            let filter = TopicFilter::new(&granted.filter, crate::mqtt::packet::ProtocolVersion::V311);
            filter.is_ok_and(|filter| filter.matches(topic))
        })
    }

    fn grant(&mut self, subscription: &Subscription<'_>, limits: &Limits) -> ReasonCode {
        let filter = subscription.filter;
        if !is_granted(&filter) {
            return ReasonCode::NotAuthorized;
        }
        let qos = subscription.maximum_qos.min(Qos::AtLeastOnce);
        // The same filter again replaces the subscription [MQTT-3.8.4-3].
        if let Some(known) = self.granted.iter_mut().find(|known| *known.filter == *filter.as_str()) {
            known.qos = qos;
        } else if self.granted.len() < limits.subscriptions && filter.as_str().len() <= limits.topic {
            self.granted.push(Granted { filter: filter.as_str().into(), qos });
        } else {
            return ReasonCode::QuotaExceeded;
        }
        if qos == Qos::AtLeastOnce { ReasonCode::GrantedQos1 } else { ReasonCode::Success }
    }

    fn remove(&mut self, filter: &TopicFilter<'_>) -> ReasonCode {
        // Compared as text, character by character [MQTT-3.10.4-1].
        match self.granted.iter().position(|known| *known.filter == *filter.as_str()) {
            Some(index) => {
                self.granted.swap_remove(index);
                ReasonCode::Success
            }
            None => ReasonCode::NoSubscriptionExisted,
        }
    }
}
