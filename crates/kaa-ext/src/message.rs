//! Messages that are no requests of devices, their types erased: events and targeted requests.

use std::any::Any;
use std::marker::PhantomData;
use std::time::SystemTime;

use bytes::Bytes;
use kaa_protocol::avro::{DecodeError, Record};
use kaa_protocol::ism::{Address, Event, Header, InvalidField, Message, Outcome, Request};
use kaa_protocol::name::ServiceInstance;
use kaa_protocol::subject::EventKind;

use crate::describe::Envelope;

/// A message of some type, and what serving it takes.
pub(crate) trait AnyMessage: Send + Sync {
    /// The name of its record.
    fn name(&self) -> &'static str;

    fn header(&self) -> Header<'_>;

    fn endpoint_id(&self) -> Option<&str>;

    fn app_version(&self) -> Option<&str>;

    fn expires_at(&self) -> Result<Option<SystemTime>, InvalidField>;

    /// Whether it tells of something, rather than asking for something.
    fn is_event(&self) -> bool;

    /// The replica that sent it, if it says so.
    fn originator(&self) -> Option<&str>;

    /// The answer that only says how it went, at this time (Unix milliseconds); `None` when nobody is
    /// told.
    fn answer(&self, from: &ServiceInstance, outcome: Outcome<'_>, timestamp: i64) -> Option<Bytes>;

    fn as_any(&self) -> &dyn Any;
}

/// Decodes a message and counts the bytes behind it.
pub(crate) type Open = fn(&Bytes) -> Result<(Box<dyn AnyMessage>, usize), DecodeError>;

/// An event's type, as data.
#[derive(Debug, Clone)]
pub struct EventType {
    pub(crate) name: &'static str,
    pub(crate) kind: EventKind,
    pub(crate) receipts: Option<Address>,
    pub(crate) schema: fn() -> String,
    pub(crate) open: Open,
}

impl EventType {
    pub(crate) fn of<E: Event>() -> Self {
        Self {
            name: <E as Record<'_>>::NAME,
            kind: E::KIND,
            receipts: E::RECEIPTS,
            schema: || <E as Record<'_>>::schema(()),
            open: |datum| {
                let decoded = E::receive(datum)?;
                Ok((Box::new(Heard(decoded.record)), decoded.trailing))
            },
        }
    }

    /// The name of the event's record, such as `ConfigUpdated`.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// A targeted request's type, as data.
#[derive(Debug, Clone)]
pub struct RequestType {
    pub(crate) name: &'static str,
    pub(crate) address: Address,
    pub(crate) schema: fn() -> String,
    pub(crate) response: Envelope,
    pub(crate) open: Open,
}

impl RequestType {
    pub(crate) fn of<R: Request>() -> Self {
        Self {
            name: <R as Record<'_>>::NAME,
            address: R::ADDRESS,
            schema: || <R as Record<'_>>::schema(()),
            response: Envelope::new(<R::Response as Record<'_>>::NAME, || {
                <R::Response as Record<'_>>::schema(())
            }),
            open: |datum| {
                let decoded = R::receive(datum)?;
                Ok((Box::new(Asked(decoded.record, PhantomData)), decoded.trailing))
            },
        }
    }

    /// The name of the request's record, such as `ConfigRequest`.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// An event.
struct Heard<E>(E);

/// A targeted request.
struct Asked<R: Request>(R, PhantomData<R::Response>);

macro_rules! any_message {
    () => {
        fn header(&self) -> Header<'_> {
            self.0.header()
        }

        fn endpoint_id(&self) -> Option<&str> {
            self.0.endpoint_id()
        }

        fn app_version(&self) -> Option<&str> {
            self.0.app_version_name()
        }

        fn expires_at(&self) -> Result<Option<SystemTime>, InvalidField> {
            self.0.expires_at()
        }

        fn as_any(&self) -> &dyn Any {
            &self.0
        }
    };
}

impl<E: Event> AnyMessage for Heard<E> {
    any_message!();

    fn name(&self) -> &'static str {
        <E as Record<'_>>::NAME
    }

    fn is_event(&self) -> bool {
        true
    }

    fn originator(&self) -> Option<&str> {
        self.0.originator_replica_id()
    }

    fn answer(&self, from: &ServiceInstance, outcome: Outcome<'_>, timestamp: i64) -> Option<Bytes> {
        self.0.receipt(from, outcome, timestamp)
    }
}

impl<R: Request> AnyMessage for Asked<R> {
    any_message!();

    fn name(&self) -> &'static str {
        <R as Record<'_>>::NAME
    }

    fn is_event(&self) -> bool {
        false
    }

    fn originator(&self) -> Option<&str> {
        None
    }

    fn answer(&self, _: &ServiceInstance, outcome: Outcome<'_>, timestamp: i64) -> Option<Bytes> {
        let mut response = self.0.response(outcome);
        let correlation_id = self.0.header().correlation_id.into();
        response.stamp(&correlation_id, timestamp, 0);
        Some(response.to_bytes())
    }
}
