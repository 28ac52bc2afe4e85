//! Requests: targeted messages that have a response.

use bytestring::ByteString;

use super::{Address, Message};

/// A message to one service that is answered with a [`Response`](Self::Response).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a request",
    label = "expected a record that has a response, such as `ConfigRequest`"
)]
pub trait Request: Message {
    /// The answer.
    type Response: Message;

    /// Where requests and responses go.
    const ADDRESS: Address;

    /// The response that only says how it went. It repeats what a response has to repeat of its request, so
    /// that a provider fills in only what it knows:
    ///
    /// ```
    /// use kaa_protocol::cdtp::{ConfigRequest, ConfigResponse};
    /// use kaa_protocol::ism::{Outcome, Request};
    ///
    /// fn answer(request: &ConfigRequest) -> ConfigResponse {
    ///     ConfigResponse { config_id: Some("7".into()), ..request.response(Outcome::OK) }
    /// }
    /// # let request = ConfigRequest { endpoint_id: "ep-1".into(), ..ConfigRequest::default() };
    /// # assert_eq!(answer(&request).endpoint_id, "ep-1");
    /// ```
    fn response(&self, outcome: Outcome<'_>) -> Self::Response;
}

/// How handling a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// As an HTTP status code.
    pub status: u16,
    /// The same for a person to read; may be empty.
    pub reason: &'a str,
}

impl Outcome<'_> {
    /// 200.
    pub const OK: Outcome<'static> = Outcome { status: 200, reason: "OK" };

    /// The reason as a message carries it: none when it is empty.
    pub(crate) fn reason_phrase(self) -> Option<ByteString> {
        (!self.reason.is_empty()).then(|| self.reason.into())
    }
}

/// Pairs a request with its response: the two message types and the fields that are repeated.
macro_rules! request {
    ($request:ident -> $response:ident, $protocol:literal: $asks:literal -> $answers:literal $(, repeats $($field:ident),+)?) => {
        impl $crate::ism::Request for $request {
            type Response = $response;

            const ADDRESS: $crate::ism::Address = $crate::ism::Address::typed($protocol, $asks, $answers);

            fn response(&self, outcome: $crate::ism::Outcome<'_>) -> $response {
                $response {
                    correlation_id: self.correlation_id.clone(),
                    $($($field: self.$field.clone(),)+)?
                    status_code: outcome.status.into(),
                    reason_phrase: outcome.reason_phrase(),
                    ..$response::default()
                }
            }
        }
    };
}
pub(crate) use request;
