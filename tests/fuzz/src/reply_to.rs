//! Return addresses.

use bytes::Bytes;
use kaa_protocol::ism::{Address, Awaited, Request};
use kaa_protocol::name::{ReplicaId, ServiceInstance};
use kaa_protocol::subject::{ReplyTo, Subject};
use kaa_protocol::{cap, cdtp, cip, cmx2cdp, dstp, ecap, esp};

/// Every way to answer.
static ADDRESSES: [Address; 8] = [
    cdtp::ConfigRequest::ADDRESS,
    cmx2cdp::ConfigRequest::ADDRESS,
    cip::CommandInvocationRequest::ADDRESS,
    dstp::DataSamplesEvent::ADDRESS,
    ecap::EndpointTokenValidationRequest::ADDRESS,
    ecap::ClientCertificateValidationRequest::ADDRESS,
    cap::ClientBasicAuthenticationRequest::ADDRESS,
    cap::ClientCertificateAuthenticationRequest::ADDRESS,
];

pub(crate) fn read(input: &Bytes) -> bool {
    ReplyTo::judge(input, &esp::PROTOCOL, &esp::EXTENSION_DATA).is_ok() || ReplyTo::judge_bare(input).is_ok()
}

pub(crate) fn check(input: &Bytes) {
    let esp = ReplyTo::judge(input, &esp::PROTOCOL, &esp::EXTENSION_DATA);
    let judged = ADDRESSES.iter().map(|address| (address.judge(input), Some(address)));
    for (judged, address) in judged.chain([(esp, None)]) {
        match judged {
            Ok(reply_to) => {
                let subject = reply_to.into_subject();
                is_harmless(&subject);
                is_ours(&subject, address);
            }
            Err(error) => assert!(error.to_string().len() < 2_048, "it quotes a part only"),
        }
    }
}

/// Nothing that a server or another client would take for something else.
fn is_harmless(subject: &Subject) {
    let text = subject.as_str();
    assert!(text.is_ascii() && !text.contains(['*', '>', ' ', '\r', '\n', '\0']), "{text:?}");
    assert!(
        text.starts_with("kaa.v1.service.")
            || text.starts_with("kaa.v1.replica.")
            || text.starts_with("_INBOX.")
    );
    assert!(text.split('.').all(|token| !token.is_empty()), "{text:?}");
}

/// An answer of a typed protocol goes to a subject that ends as its own answers do.
fn is_ours(subject: &Subject, address: Option<&Address>) {
    let text = subject.as_str();
    if text.starts_with("_INBOX.") {
        return;
    }
    let Some(address) = address else {
        assert!(text.ends_with(".esp.ExtensionData"), "{text:?}");
        return;
    };
    let usual = address.reply_subject(&ServiceInstance::from_static("a"), &ReplicaId::from_static("b"));
    if let Address::Typed { .. } = address {
        let ending = |subject: &str| subject.rsplitn(3, '.').take(2).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(ending(text), ending(usual.as_str()), "{text:?}");
    } else {
        assert!(text.split('.').count() <= usual.tokens().count(), "{text:?}");
    }
}
