//! What an attribute makes of a function.

use std::fmt;

use proc_macro2::TokenStream;
use quote::quote;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Resource,
    Listener,
    Service,
}

/// The name of the attribute, and the noun for what it makes; with an `s`, the name of the list.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resource => "resource",
            Self::Listener => "listener",
            Self::Service => "service",
        })
    }
}

impl Kind {
    /// What the function is there for: "a resource …".
    pub(crate) fn purpose(self) -> &'static str {
        match self {
            Self::Resource => "answers a device",
            Self::Listener => "hears an `Event<T>`",
            Self::Service => "answers a `Targeted<T>`",
        }
    }

    /// What may stand in the parentheses of the attribute.
    pub(crate) fn options(self) -> &'static str {
        match self {
            Self::Resource => {
                "after the path, `#[resource]` takes `state = Type`, `type = Name` and `crate = path`"
            }
            Self::Listener => {
                "`#[listener]` takes `delivery = every_replica`, `overload = latest`, `ignore_own`, `state = Type`, \
                 `type = Name` and `crate = path`; its argument `Event<T>` says what it hears"
            }
            Self::Service => {
                "`#[service]` takes `state = Type`, `type = Name` and `crate = path`; \
                 its argument `Targeted<T>` says what it answers"
            }
        }
    }

    /// What the function may return: "expected …".
    pub(crate) fn returns(self) -> &'static str {
        match self {
            Self::Resource => "a return type such as `-> Json<T>`, or `-> ()` for an answer without payload",
            Self::Listener => "no return type, or `-> Result<(), E>`",
            Self::Service => "the return type `-> Result<T, E>`, where `T` is the response to the request",
        }
    }

    /// The trait whose impl stands beside the function.
    pub(crate) fn definer(self) -> TokenStream {
        match self {
            Self::Resource => quote!(Resource),
            Self::Listener => quote!(Listener),
            Self::Service => quote!(TargetedService),
        }
    }

    /// The type of what that impl defines.
    pub(crate) fn definition(self) -> TokenStream {
        match self {
            Self::Resource => quote!(ResourceDef),
            Self::Listener => quote!(ListenerDef),
            Self::Service => quote!(ServiceDef),
        }
    }
}
