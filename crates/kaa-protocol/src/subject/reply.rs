//! The return address of a message, judged before it is used.
//!
//! A NATS `replyTo` is text that any sender may choose. Publishing to it unchecked would let a
//! stranger make this service speak on `$SYS…`, on another service's subjects or into a wildcard.

use bytes::Bytes;

use super::{BareSubject, PREFIX, Subject};
use crate::name::{Token, is_token};

/// A `replyTo` this service may answer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplyTo {
    /// A targeted subject of the same protocol, naming the message type that is sent there.
    Targeted(Subject),
    /// An `_INBOX.…` of a NATS client: lets `nats req` and the like talk to a service.
    Inbox(Subject),
}

/// A `replyTo` that must not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("replyTo {text:?} is not used: expected {expected} or _INBOX.…")]
pub struct HostileReplyTo {
    text: String,
    expected: String,
}

impl HostileReplyTo {
    /// The longest part of a refused address that is quoted, in bytes.
    const QUOTED: usize = 128;

    #[cold]
    fn new(reply_to: &[u8], expected: String) -> Self {
        let quoted = reply_to.get(..reply_to.len().min(Self::QUOTED)).unwrap_or_default();
        Self { text: String::from_utf8_lossy(quoted).into_owned(), expected }
    }
}

impl ReplyTo {
    /// Judges `reply_to` for an answer of type `message` in `protocol`.
    ///
    /// A targeted subject of the same protocol is accepted; when it ends in another message type,
    /// the last token is replaced (3/ISM). That is the only case which allocates.
    ///
    /// # Errors
    ///
    /// [`HostileReplyTo`] for wildcards, malformed subjects, another protocol and everything that
    /// is not 3/ISM or an inbox. The answer then goes to the service-wide subject.
    pub fn judge(reply_to: &Bytes, protocol: &Token, message: &Token) -> Result<Self, HostileReplyTo> {
        let refused = || {
            let expected = format!("kaa.v1.(service|replica).<name>.{protocol}.<MessageType>");
            HostileReplyTo::new(reply_to, expected)
        };
        let subject = Subject::try_from(reply_to.clone()).map_err(|_| refused())?;
        let text = subject.as_str();
        if let Some(rest) = text.strip_prefix(PREFIX) {
            let mut tokens = rest.split('.');
            let is_targeted = matches!(tokens.next(), Some("service" | "replica"))
                && tokens.next().is_some()
                && tokens.next() == Some(protocol.as_str());
            return match (is_targeted, tokens.next(), tokens.next()) {
                (true, Some(last), None) if last == message.as_str() => Ok(Self::Targeted(subject)),
                (true, Some(last), None) => {
                    let stem = text.get(..text.len() - last.len()).unwrap_or_default();
                    Ok(Self::Targeted(Subject::from_tokens(format!("{stem}{message}"))))
                }
                _ => Err(refused()),
            };
        }
        if is_inbox(text) { Ok(Self::Inbox(subject)) } else { Err(refused()) }
    }

    /// The same for the protocols whose subjects name no protocol and no message type
    /// ([`BareSubject`]).
    ///
    /// # Errors
    ///
    /// [`HostileReplyTo`] for everything that is neither a bare subject nor an inbox.
    pub fn judge_bare(reply_to: &Bytes) -> Result<Self, HostileReplyTo> {
        let refused = || HostileReplyTo::new(reply_to, "kaa.v1.service.<instance>.<replica>".into());
        let subject = Subject::try_from(reply_to.clone()).map_err(|_| refused())?;
        if subject.as_str().parse::<BareSubject>().is_ok() {
            Ok(Self::Targeted(subject))
        } else if is_inbox(subject.as_str()) {
            Ok(Self::Inbox(subject))
        } else {
            Err(refused())
        }
    }

    /// Where the answer goes.
    pub fn into_subject(self) -> Subject {
        match self {
            Self::Targeted(subject) | Self::Inbox(subject) => subject,
        }
    }
}

/// Whether this is an address that a NATS client made for one answer.
fn is_inbox(text: &str) -> bool {
    text.strip_prefix("_INBOX.").is_some_and(|rest| rest.split('.').all(|token| is_token(token.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> Result<ReplyTo, HostileReplyTo> {
        let (esp, message) = (Token::from_static("esp"), Token::from_static("ExtensionData"));
        ReplyTo::judge(&Bytes::copy_from_slice(text.as_bytes()), &esp, &message)
    }

    #[test]
    fn a_replica_subject_of_the_protocol_is_used_as_it_is() {
        let text = "kaa.v1.replica.kpc-0.esp.ExtensionData";
        assert_eq!(judge(text), Ok(ReplyTo::Targeted(text.parse().unwrap())));
    }

    #[test]
    fn another_message_type_is_substituted() {
        let expected = "kaa.v1.replica.kpc-0.esp.ExtensionData".parse().unwrap();
        assert_eq!(judge("kaa.v1.replica.kpc-0.esp.Whatever"), Ok(ReplyTo::Targeted(expected)));
    }

    #[test]
    fn an_inbox_of_a_nats_client_is_used() {
        assert!(matches!(judge("_INBOX.abc.1"), Ok(ReplyTo::Inbox(_))));
    }

    #[test]
    fn a_hostile_reply_to_is_refused() {
        for text in [
            "",
            ">",
            "*",
            "a.*",
            "$SYS.REQ.SERVER.PING",
            "$JS.API.INFO",
            "_INBOX",
            "_INBOX.",
            "_INBOX.>",
            "_INBOXES.a",
            "kaa.v1.replica.kpc-0.cdtp.response",
            "kaa.v1.service.kpc.esp",
            "kaa.v1.service.kpc.esp.ExtensionData.more",
            "kaa.v1.events.kpc.esp.x.y",
            "kaa.v1.replica.*.esp.ExtensionData",
            "kaa.v1.replica.kpc-0.esp.>",
            "kaa.v2.replica.kpc-0.esp.ExtensionData",
            "kaa.v1.replica.kpc-0.esp.ExtensionData\r\nPUB x 0",
        ] {
            assert!(judge(text).is_err(), "{text:?}");
        }
        assert!(judge(&"a".repeat(1_000_000)).unwrap_err().to_string().len() < 400);
    }

    #[test]
    fn a_bare_protocol_answers_to_a_service_its_replica_or_an_inbox() {
        let judge = |text: &str| ReplyTo::judge_bare(&Bytes::copy_from_slice(text.as_bytes()));
        for text in ["kaa.v1.service.cmx", "kaa.v1.service.cmx.cmx-0"] {
            assert_eq!(judge(text), Ok(ReplyTo::Targeted(text.parse().unwrap())));
        }
        assert!(matches!(judge("_INBOX.abc.1"), Ok(ReplyTo::Inbox(_))));
        for text in [
            "",
            ">",
            "kaa.v1.service.*",
            "kaa.v1.service.a.b.c",
            "kaa.v1.replica.r.esp.ExtensionData",
            "$SYS.a",
        ] {
            assert!(judge(text).is_err(), "{text:?}");
        }
    }
}
