//! The credentials of clients: passwords and certificates.

use bytestring::ByteString;

use crate::avro::OrNull;
use crate::ism::{event, message, request};

message! {
    /// Asks whether a user name and a password belong to a client.
    pub struct ClientUsernamePasswordValidationRequest in "org.kaaproject.ipc.ecap.gen.v1" 0x6f54_95ad_7a8e_78ed;
    about {}
    fields {
        /// The user name the client gave; null for none.
        username: Option<ByteString> = "username" as OrNull<ByteString>;

        /// The password the client gave; null for none.
        password: Option<ByteString> = "password" as OrNull<ByteString>;
    }
}

message! {
    /// The client of a user name and password, or why there is none.
    pub struct ClientUsernamePasswordValidationResponse in "org.kaaproject.ipc.ecap.gen.v1" 0xda57_affd_a462_7348;
    about {}
    fields {
        /// The credential's own identity, by which it is revoked; null for unknown ones.
        credential_id: Option<ByteString> = "credentialId" as OrNull<ByteString>;

        /// The client; null for unknown credentials.
        client_id: Option<ByteString> = "clientId" as OrNull<ByteString>;

        /// How the request went, as an HTTP status code.
        status_code: i32 = "statusCode";

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;
    }
}

request!(
    ClientUsernamePasswordValidationRequest -> ClientUsernamePasswordValidationResponse,
    "ecap": "client-username-password-request" -> "client-username-password-response"
);

message! {
    /// Asks whether a certificate belongs to a client. Its signature and dates are checked by whoever asks.
    pub struct ClientCertificateValidationRequest in "org.kaaproject.ipc.ecap.gen.v1" 0x034b_5498_2e27_6b06;
    about {}
    fields {
        /// The issuer of the certificate.
        issuer: ByteString = "issuer";

        /// The serial number of the certificate.
        serial_number: ByteString = "serialNumber";
    }
}

message! {
    /// The client of a certificate, or why there is none.
    pub struct ClientCertificateValidationResponse in "org.kaaproject.ipc.ecap.gen.v1" 0xd09c_9345_2742_2a6d;
    about {}
    fields {
        /// The credential's own identity, by which it is revoked; null for an unknown one.
        credential_id: Option<ByteString> = "credentialId" as OrNull<ByteString>;

        /// The client; null for an unknown certificate.
        client_id: Option<ByteString> = "clientId" as OrNull<ByteString>;

        /// How the request went, as an HTTP status code.
        status_code: i32 = "statusCode";

        /// The same for a person to read.
        reason_phrase: Option<ByteString> = "reasonPhrase", default null;
    }
}

request!(
    ClientCertificateValidationRequest -> ClientCertificateValidationResponse,
    "ecap": "client-certificate-request" -> "client-certificate-response"
);

message! {
    /// A credential is not valid any more: sessions of its client have to end.
    pub struct ClientCredentialRevokedEvent in "org.kaaproject.ipc.ecap.gen.v1" 0x2fa2_570f_f18c_abee;
    about {}
    fields {
        /// The revoked credential.
        credential_id: ByteString = "credentialId";

        /// The replica that sends the event.
        originator_replica_id: ByteString = "originatorReplicaId";
    }
}

event!(ClientCredentialRevokedEvent: "client", "credential", "revoked", from originator_replica_id);
