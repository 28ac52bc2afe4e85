//! Where the messages of a targeted protocol go.

use bytes::Bytes;

use crate::name::{ReplicaId, ServiceInstance, Token};
use crate::subject::{BareSubject, HostileReplyTo, ReplyTo, Subject, Target, TargetedSubject};

/// How a pair of request and response is addressed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// Subjects that end in the protocol and the message type (3/ISM).
    Typed {
        /// The protocol, such as `cdtp`.
        protocol: Token,
        /// The message type of the request.
        request: Token,
        /// The message type of the response.
        response: Token,
    },
    /// Subjects that name the service alone, as the protocols did that came before 3/ISM had its
    /// present form.
    Bare,
}

impl Address {
    /// A typed address, written in the source code.
    pub(crate) const fn typed(protocol: &'static str, request: &'static str, response: &'static str) -> Self {
        Self::Typed {
            protocol: Token::from_static(protocol),
            request: Token::from_static(request),
            response: Token::from_static(response),
        }
    }

    /// Where requests go; `None` for one replica of a service in a bare protocol, which has no such
    /// subject.
    pub fn subject(&self, target: &Target) -> Option<Subject> {
        match (self, target) {
            (Self::Typed { protocol, request, .. }, target) => {
                let (target, protocol, message) = (target.clone(), protocol.clone(), request.clone());
                Some(Subject::from(&TargetedSubject { target, protocol, message }))
            }
            (Self::Bare, Target::Service(instance)) => {
                Some(Subject::from(&BareSubject::service(instance.clone())))
            }
            (Self::Bare, Target::Replica(_)) => None,
        }
    }

    /// Where the responses to one replica of a service go.
    pub fn reply_subject(&self, instance: &ServiceInstance, replica: &ReplicaId) -> Subject {
        match self {
            Self::Typed { protocol, response, .. } => Subject::from(&TargetedSubject {
                target: Target::Replica(replica.clone()),
                protocol: protocol.clone(),
                message: response.clone(),
            }),
            Self::Bare => Subject::from(&BareSubject::replica(instance.clone(), replica.clone())),
        }
    }

    /// Judges the return address of a request.
    ///
    /// # Errors
    ///
    /// [`HostileReplyTo`] when it is not one that a response may be sent to.
    pub fn judge(&self, reply_to: &Bytes) -> Result<ReplyTo, HostileReplyTo> {
        match self {
            Self::Typed { protocol, response, .. } => ReplyTo::judge(reply_to, protocol, response),
            Self::Bare => ReplyTo::judge_bare(reply_to),
        }
    }
}
