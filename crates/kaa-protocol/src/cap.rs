//! 22/CAP: whether a client may connect, for platforms with several tenants.
//!
//! | asked | request and response at `kaa.v1.service.<provider>.cap.…` |
//! |---|---|
//! | is this the client's password? | `basic-request`, `basic-response` |
//! | is this the client's certificate? | `certificate-request`, `certificate-response` |
//!
//! [`ClientCredentialsRevokedEvent`] goes to `kaa.v1.events.<provider>.client.credentials.revoked`.

use bytestring::ByteString;

use crate::avro::OrNull;
use crate::ism::{event, message, request};

message! {
    /// Asks whether a user name and a password belong to a client of a tenant.
    pub struct ClientBasicAuthenticationRequest in "org.kaaproject.ipc.cap.gen.v1" 0x1066_cb3c_0670_106c;
    about {}
    fields {
        /// The tenant the client has to belong to.
        tenant_id: ByteString = "tenantId";

        /// The user name the client gave.
        username: ByteString = "username";

        /// The password the client gave.
        password: ByteString = "password";
    }
}

message! {
    /// The client of a user name and password, or why there is none.
    pub struct ClientBasicAuthenticationResponse in "org.kaaproject.ipc.cap.gen.v1" 0x8f2b_dca5_756a_9aec;
    about {}
    fields {
        /// The credentials' own identity, by which they are revoked; null for unknown ones.
        credentials_id: Option<ByteString> = "credentialsId" as OrNull<ByteString>;

        /// The client; null when the provider knows none.
        client_id: Option<ByteString> = "clientId" as OrNull<ByteString>;

        /// How the request went, as an HTTP status code.
        status_code: i32 = "statusCode";

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;
    }
}

request!(
    ClientBasicAuthenticationRequest -> ClientBasicAuthenticationResponse,
    "cap": "basic-request" -> "basic-response"
);

message! {
    /// Asks whose certificate this is. Its signature and dates are checked by whoever asks.
    pub struct ClientCertificateAuthenticationRequest in "org.kaaproject.ipc.cap.gen.v1" 0xc713_388b_7383_b66c;
    about {}
    fields {
        /// The issuer of the certificate.
        issuer: ByteString = "issuer";

        /// The serial number of the certificate, in decimal digits.
        serial_number: ByteString = "serialNumber";
    }
}

message! {
    /// The tenant and the client of a certificate, or why there is none.
    pub struct ClientCertificateAuthenticationResponse in "org.kaaproject.ipc.cap.gen.v1" 0x7971_701f_c398_14f1;
    about {}
    fields {
        /// The tenant the client belongs to; null for an unknown certificate.
        tenant_id: Option<ByteString> = "tenantId" as OrNull<ByteString>;

        /// The credentials' own identity, by which they are revoked; null for an unknown certificate.
        credentials_id: Option<ByteString> = "credentialsId" as OrNull<ByteString>;

        /// The client; null when the provider knows none.
        client_id: Option<ByteString> = "clientId" as OrNull<ByteString>;

        /// How the request went, as an HTTP status code.
        status_code: i32 = "statusCode";

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;
    }
}

request!(
    ClientCertificateAuthenticationRequest -> ClientCertificateAuthenticationResponse,
    "cap": "certificate-request" -> "certificate-response"
);

message! {
    /// Credentials are not valid any more: sessions of their client have to end.
    pub struct ClientCredentialsRevokedEvent in "org.kaaproject.ipc.cap.gen.v1" 0xbe24_b4a5_5759_7e6c;
    about {}
    fields {
        /// The tenant the credentials belong to.
        tenant_id: ByteString = "tenantId";

        /// The revoked credentials.
        credentials_id: ByteString = "credentialsId";

        /// The replica that sends the event.
        originator_replica_id: ByteString = "originatorReplicaId";
    }
}

event!(ClientCredentialsRevokedEvent: "client", "credentials", "revoked", from originator_replica_id);
