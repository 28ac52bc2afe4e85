//! Messages: records with a header.

use std::fmt::Debug;
use std::time::SystemTime;

use bytes::Bytes;
use bytestring::ByteString;

use super::InvalidField;
use crate::avro::{DecodeError, Decoded, Reader, Record, Writer};

/// A record that services send each other, owning its values.
///
/// Cloning is cheap: the values share the buffer they arrived in.
pub trait Message:
    for<'a> Record<'a, Revision = ()> + Clone + Debug + PartialEq + Default + Send + Sync + 'static
{
    /// Whether no later revision can append fields: then what follows the record is not of it.
    const IS_CLOSED: bool = false;

    /// Reads a message as it comes in: what follows a record that can grow is counted, and an error after
    /// one that cannot.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] names the field, the byte and the problem.
    fn receive(datum: &Bytes) -> Result<Decoded<Self>, DecodeError> {
        if Self::IS_CLOSED {
            Self::decode_strict(datum).map(|record| Decoded { record, trailing: 0 })
        } else {
            Self::decode(datum)
        }
    }

    /// What every message begins with.
    fn header(&self) -> Header<'_>;

    /// Fills what the sender left empty: an empty correlation ID, a timestamp of 0, a timeout of 0.
    fn stamp(&mut self, correlation_id: &ByteString, timestamp: i64, timeout: i64);

    /// Replaces the correlation ID: an answer has that of its question.
    fn set_correlation_id(&mut self, correlation_id: ByteString);

    /// The endpoint the message is about, if it is about one.
    fn endpoint_id(&self) -> Option<&str> {
        None
    }

    /// The application version of that endpoint.
    fn app_version_name(&self) -> Option<&str> {
        None
    }

    /// When the message stops being worth handling; `None` for never.
    ///
    /// # Errors
    ///
    /// [`InvalidField`] when the timestamp or the timeout is negative, or their sum is no time.
    fn expires_at(&self) -> Result<Option<SystemTime>, InvalidField> {
        let Header { timestamp, timeout, .. } = self.header();
        super::expires_at(<Self as Record<'_>>::NAME, timestamp, timeout)
    }

    /// The message as it goes over the wire, in one allocation of its exact size.
    fn to_bytes(&self) -> Bytes {
        // A record without revisions has nothing that its schema could not carry.
        let mut output = Writer::with_size(self.size(()).unwrap_or_default());
        self.write((), &mut output);
        output.finish()
    }
}

/// What every message begins with, in this order on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// The thread through one exchange: every message that follows from this one repeats it.
    pub correlation_id: &'a str,
    /// When the message was made, in Unix milliseconds.
    pub timestamp: i64,
    /// How long after its timestamp the message is worth handling, in milliseconds; 0 is forever.
    pub timeout: i64,
}

/// The correlation ID of any message, without reading the rest: all of them begin with it.
///
/// `None` when the bytes do not begin with a string.
///
/// ```
/// use kaa_protocol::elce::ConnectedEvent;
/// use kaa_protocol::ism::{Message, peek_correlation_id};
///
/// let event = ConnectedEvent { correlation_id: "07d78e95".into(), ..ConnectedEvent::default() };
/// assert_eq!(peek_correlation_id(&event.to_bytes()), Some("07d78e95"));
/// ```
pub fn peek_correlation_id(datum: &Bytes) -> Option<&str> {
    let mut input = Reader::new(datum);
    input.single_object_header();
    input.text().ok()
}

/// Defines a message: [`record!`](crate::avro::record) with the three fields of the header in front.
///
/// `about` lists those of `endpoint_id` and `app_version_name` that the message has.
macro_rules! message {
    (
        $(#[doc = $doc:literal])+
        pub struct $name:ident in $namespace:literal $fingerprint:literal;
        about { $($about:ident),* }
        fields {
            $(
                $(#[doc = $field_doc:literal])+
                $field:ident: $value:ty = $wire:literal $(as $type:ty)? $(, default $default:tt)?;
            )*
        }
    ) => {
        $crate::avro::record! {
            $(#[doc = $doc])+
            #[derive(Debug, Clone, PartialEq)]
            pub struct $name in $namespace $fingerprint;
            fields {
                /// The thread through one exchange: every message that follows from this one repeats it.
                correlation_id: bytestring::ByteString = "correlationId";

                /// When the message was made, in Unix milliseconds.
                timestamp: i64 = "timestamp";

                /// How long after its timestamp the message is worth handling, in milliseconds; 0 is forever.
                timeout: i64 = "timeout", default 0;

                $(
                    $(#[doc = $field_doc])+
                    $field: $value = $wire $(as $type)? $(, default $default)?;
                )*
            }
        }

        impl $crate::ism::Message for $name {
            fn header(&self) -> $crate::ism::Header<'_> {
                let Self { correlation_id, timestamp, timeout, .. } = self;
                $crate::ism::Header { correlation_id, timestamp: *timestamp, timeout: *timeout }
            }

            fn stamp(&mut self, correlation_id: &bytestring::ByteString, timestamp: i64, timeout: i64) {
                $crate::ism::OptionalText::fill(&mut self.correlation_id, correlation_id);
                if self.timestamp == 0 {
                    self.timestamp = timestamp;
                }
                if self.timeout == 0 {
                    self.timeout = timeout;
                }
            }

            fn set_correlation_id(&mut self, correlation_id: bytestring::ByteString) {
                self.correlation_id = correlation_id;
            }

            $(fn $about(&self) -> Option<&str> {
                $crate::ism::OptionalText::text(&self.$about)
            })*
        }
    };
}
pub(crate) use message;
