//! The tokens by which endpoints are known.

use bytestring::ByteString;

use crate::avro::{Array, OrNull, Text};
use crate::ism::{event, message, request};

message! {
    /// Asks which endpoint a token stands for.
    pub struct EndpointTokenValidationRequest in "org.kaaproject.ipc.ecap.gen.v1" 0x8363_d2e5_097d_0157;
    about {}
    fields {
        /// The application the endpoint belongs to.
        app_name: ByteString = "appName";

        /// The token a client used.
        token: ByteString = "token";
    }
}

message! {
    /// The endpoint of a token, or why there is none.
    pub struct EndpointTokenValidationResponse in "org.kaaproject.ipc.ecap.gen.v1" 0x1dee_9427_96e5_837b;
    about {}
    fields {
        /// The token's own identity, by which it is revoked; null for an unknown token.
        token_id: Option<ByteString> = "tokenId" as OrNull<ByteString>;

        /// The endpoint the token stands for; null for an unknown token.
        endpoint_id: Option<ByteString> = "endpointId" as OrNull<ByteString>;

        /// How the request went, as an HTTP status code.
        status_code: i32 = "statusCode";

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;
    }
}

request!(
    EndpointTokenValidationRequest -> EndpointTokenValidationResponse,
    "ecap": "ep-token-request" -> "ep-token-response"
);

message! {
    /// Asks for another state of a token.
    pub struct EndpointTokenStatusTransitionRequest in "org.kaaproject.ipc.ecap.gen.v1" 0xb3cb_f18d_bd65_eccc;
    about {}
    fields {
        /// The application the endpoint belongs to.
        app_name: ByteString = "appName";

        /// The token.
        token: ByteString = "token";

        /// The state it is to have.
        target_status: ByteString = "targetStatus";
    }
}

message! {
    /// Whether a token has the state that was asked for.
    pub struct EndpointTokenStatusTransitionResponse in "org.kaaproject.ipc.ecap.gen.v1" 0xd1f4_362f_0fa7_80ae;
    about {}
    fields {
        /// How the request went, as an HTTP status code.
        status_code: i32 = "statusCode";

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;
    }
}

request!(
    EndpointTokenStatusTransitionRequest -> EndpointTokenStatusTransitionResponse,
    "ecap": "ep-token-status-transition-request" -> "ep-token-status-transition-response"
);

message! {
    /// Tokens of an endpoint are not valid any more: sessions that use one have to end.
    pub struct EndpointTokenRevokedEvent in "org.kaaproject.ipc.ecap.gen.v1" 0x96cb_c803_911d_f9a0;
    about { endpoint_id }
    fields {
        /// The application the endpoint belongs to.
        app_name: ByteString = "appName";

        /// The endpoint the tokens stood for.
        endpoint_id: ByteString = "endpointId";

        /// The revoked tokens by their identities.
        token_ids: Array<Text> = "tokenIds";

        /// The replica that sends the event.
        originator_replica_id: ByteString = "originatorReplicaId";
    }
}

event!(EndpointTokenRevokedEvent: "endpoint", "token", "revoked", from originator_replica_id);
