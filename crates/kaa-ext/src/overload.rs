//! What becomes of an event that finds the extension full.

/// What becomes of an event when the extension has as much to do as its [`Limits`](crate::Limits) allow:
/// `#[listener(overload = …)]`.
///
/// Without it, an event whose sender waits for a confirmation (13/DSTP) is refused, and any other one waits.
/// Requests of devices and of services are always refused with 503: somebody waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overload {
    /// `refuse`: it is dropped at once. A sender that waits is told 503; else it is logged. Counted as `shed`.
    Refuse,
    /// `wait`: it waits in the queue of its subscription, where it holds up nothing but events of its type. When
    /// that is full too, new ones are dropped, counted as `lost` and logged.
    Wait,
    /// `latest`: it waits, and the oldest makes room: in the queue of its subscription (`lost`), and behind more
    /// than [`per_endpoint`](crate::Limits::per_endpoint) others of its endpoint (`shed`). For events that
    /// only say how things are now.
    Latest,
}

impl Overload {
    /// Whether it stays where it is until there is room.
    pub(crate) fn waits(self) -> bool {
        self != Self::Refuse
    }
}
