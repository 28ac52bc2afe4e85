//! Requests: targeted messages that have a response.

use super::{Address, Message};

/// A message to one service that is answered with a [`Response`](Self::Response).
pub trait Request: Message {
    /// The answer.
    type Response: Message;

    /// Where requests and responses go.
    const ADDRESS: Address;

    /// The response that only says how it went: `status` is an HTTP status code. It repeats what a
    /// response has to repeat of its request.
    fn response(&self, status: u16, reason: &str) -> Self::Response;
}

/// Pairs a request with its response: the two message types and the fields that are repeated.
macro_rules! request {
    ($request:ident -> $response:ident, $protocol:literal: $asks:literal -> $answers:literal $(, repeats $($field:ident),+)?) => {
        impl $crate::ism::Request for $request {
            type Response = $response;

            const ADDRESS: $crate::ism::Address = $crate::ism::Address::typed($protocol, $asks, $answers);

            fn response(&self, status: u16, reason: &str) -> $response {
                $response {
                    correlation_id: self.correlation_id.clone(),
                    $($($field: self.$field.clone(),)+)?
                    status_code: status.into(),
                    reason_phrase: Some(reason.into()),
                    ..$response::default()
                }
            }
        }
    };
}
pub(crate) use request;
