//! The argument that says what a listener hears and what a service answers.

use syn::{Error, Ident, PatType, Type};

use crate::function::{Function, inside};
use crate::kind::Kind;

/// What a function without a path is called for. The type is that of the message.
#[derive(Clone, Copy)]
pub(crate) enum Message<'a> {
    /// `Event<T>`.
    Event(&'a Type),
    /// `Targeted<T>`.
    Targeted(&'a Type),
}

impl<'a> Message<'a> {
    /// The message that an argument takes, if it takes one.
    pub(crate) fn of(argument: &'a PatType) -> Option<Self> {
        let event = inside("Event", &argument.ty).map(Self::Event);
        event.or_else(|| inside("Targeted", &argument.ty).map(Self::Targeted))
    }

    pub(crate) fn ty(self) -> &'a Type {
        match self {
            Self::Event(ty) | Self::Targeted(ty) => ty,
        }
    }

    /// What takes such a message.
    fn receiver(self) -> Kind {
        match self {
            Self::Event(_) => Kind::Listener,
            Self::Targeted(_) => Kind::Service,
        }
    }
}

/// The message that a function is called for: one for a listener and a service, none for a resource.
pub(crate) fn find_message(kind: Kind, function: &Function) -> Result<Option<Message<'_>>, Vec<Error>> {
    let mut found = None;
    let mut mistakes = Vec::new();
    for argument in function.arguments() {
        let Some(message) = Message::of(argument) else { continue };
        let receiver = message.receiver();
        if receiver != kind {
            let problem = format!(
                "a {kind} {}; expected `#[{receiver}]`, which {}",
                kind.purpose(),
                receiver.purpose()
            );
            mistakes.push(Error::new_spanned(&argument.ty, problem));
        } else if found.replace(message).is_some() {
            let problem = format!(
                "a {kind} is called for one message at a time; expected a {kind} of its own for this one"
            );
            mistakes.push(Error::new_spanned(&argument.ty, problem));
        }
    }
    if found.is_none() && mistakes.is_empty() {
        mistakes.extend(no_message(kind, &function.signature.ident));
    }
    if mistakes.is_empty() { Ok(found) } else { Err(mistakes) }
}

fn no_message(kind: Kind, name: &Ident) -> Option<Error> {
    let (unsaid, expected) = match kind {
        Kind::Resource => return None,
        Kind::Listener => ("event it hears", "Event(event): Event<T>"),
        Kind::Service => ("request it answers", "Targeted(request): Targeted<T>"),
    };
    let problem = format!("`{name}` does not say which {unsaid}; expected an argument `{expected}`");
    Some(Error::new_spanned(name, problem))
}
