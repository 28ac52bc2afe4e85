//! 3/ISM subjects: where a message goes, as a value.
//!
//! | kind | subject | type |
//! |---|---|---|
//! | targeted, service-wide | `kaa.v1.service.<instance>.<protocol>.<MessageType>` | [`TargetedSubject`] with [`Target::Service`] |
//! | targeted, one replica | `kaa.v1.replica.<replica>.<protocol>.<MessageType>` | [`TargetedSubject`] with [`Target::Replica`] |
//! | targeted, of protocols before 3/ISM | `kaa.v1.service.<instance>[.<replica>]` | [`BareSubject`] |
//! | broadcast | `kaa.v1.events.<originator>.<entity>.<group>.<type>[.<more>]` | [`EventSubject`] |
//!
//! All of them print into a [`Subject`], which is what the bus publishes to; a [`SubjectFilter`] is
//! what it subscribes to. Both can only be made from checked parts, so no name can smuggle a
//! wildcard onto the wire.
//!
//! ```
//! use kaa_protocol::name::{ServiceInstance, Token};
//! use kaa_protocol::subject::{Subject, Target, TargetedSubject};
//!
//! let subject = TargetedSubject {
//!     target: Target::Service(ServiceInstance::from_static("dcx")),
//!     protocol: Token::from_static("esp"),
//!     message: Token::from_static("ClientData"),
//! };
//! assert_eq!(Subject::from(&subject).as_str(), "kaa.v1.service.dcx.esp.ClientData");
//! assert_eq!("kaa.v1.service.dcx.esp.ClientData".parse(), Ok(subject));
//! ```

mod bare;
mod event;
mod filter;
mod inbox;
mod literal;
mod reply;
mod targeted;

pub use bare::BareSubject;
pub use event::{EventKind, EventSubject};
pub use filter::SubjectFilter;
pub use inbox::Inbox;
pub use literal::Subject;
pub use reply::{HostileReplyTo, ReplyTo};
pub use targeted::{Target, TargetedSubject};

/// The first two tokens of every subject of this version of 3/ISM.
const PREFIX: &str = "kaa.v1.";

/// Text that is not the subject it was meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {kind}; expected {expected}")]
pub struct SubjectError {
    kind: &'static str,
    expected: &'static str,
    text: String,
}

impl SubjectError {
    /// The longest part of a rejected subject that is quoted in the message, in bytes.
    const QUOTED: usize = 128;

    #[cold]
    fn new(kind: &'static str, expected: &'static str, text: &[u8]) -> Self {
        let quoted = text.get(..text.len().min(Self::QUOTED)).unwrap_or_default();
        Self { kind, expected, text: String::from_utf8_lossy(quoted).into_owned() }
    }
}
