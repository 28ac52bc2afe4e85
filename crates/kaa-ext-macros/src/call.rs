//! From a request to the function's answer: the code that runs.
//!
//! ```text
//! fn __call<State, Argument0, Argument1, Output, …>(request, state, handler) -> HandlerFuture
//! where Argument0: FromSegment, Argument1: FromRequest<State>, Output: IntoReply, …
//! {
//!     Box::pin(async move {
//!         let argument0 = …;                      each, or the answer is its refusal
//!         let argument1 = …;
//!         answer(handler(argument0, argument1).await)
//!     })
//! }
//! |request, state| __call::<App, ConfigName, Payload, Json<Config>, …>(request, state, config)
//! ```
//!
//! It is generic over types the macro could have written out, for the sake of one message: what is
//! demanded of a type is demanded once, in `__call::<State, ConfigName, …>`, and the compiler
//! underlines the very type there, with the place the author wrote it at. Written out, each call and
//! each await would complain again.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Ident;

use crate::arguments::Argument;
use crate::message::Message;
use crate::validate::{Handler, Trigger};

/// An expression for the function pointer. All of it is at `here`, whose hygiene keeps the names apart
/// from the author's; `private` is the path of what it may use.
pub(crate) fn call(
    function: &Ident,
    handler: &Handler<'_>,
    state: &TokenStream,
    private: &TokenStream,
    here: Span,
) -> TokenStream {
    let Handler { trigger, arguments, output } = handler;
    let steps: Vec<_> = arguments
        .iter()
        .enumerate()
        .map(|(position, argument)| Step::new(position, argument, private, here))
        .collect();
    let generics: Vec<_> = steps.iter().map(|step| &step.generics).collect();
    let (types, demands) = (steps.iter().map(|step| &step.types), steps.iter().map(|step| &step.demand));
    let (inputs, values) = (steps.iter().map(|step| &step.input), steps.iter().map(|step| &step.value));
    let locals: Vec<_> = steps.iter().map(|step| &step.local).collect();
    let Ending { outcome, end, refusal } = Ending::of(trigger, private, here);
    quote_spanned! {here=> {
        fn __call<State, #(#generics,)* Output, Handler, Answer>(
            __request: #private::Request,
            __state: #private::SharedState<State>,
            __handler: Handler,
        ) -> #private::HandlerFuture
        where
            State: ::core::marker::Send + ::core::marker::Sync + 'static,
            #(#demands + ::core::marker::Send + 'static,)*
            Output: #outcome,
            Handler: ::core::ops::FnOnce(#(#inputs),*) -> Answer + ::core::marker::Send + 'static,
            Answer: ::core::future::Future<Output = Output> + ::core::marker::Send + 'static,
        {
            ::std::boxed::Box::pin(async move {
                #(
                    let #locals = match #values {
                        ::core::result::Result::Ok(__value) => __value,
                        ::core::result::Result::Err(__failure) => {
                            return #refusal(&__request, __failure);
                        }
                    };
                )*
                #end(&__request, __handler(#(#locals),*).await)
            })
        }
        |__request, __state| __call::<#state, #(#types,)* #output, _, _>(__request, __state, #function)
    }}
}

/// How a call ends.
struct Ending {
    /// What the function has to return.
    outcome: TokenStream,
    /// What makes an answer of it.
    end: TokenStream,
    /// What makes an answer of an argument that is refused.
    refusal: TokenStream,
}

impl Ending {
    fn of(trigger: &Trigger<'_>, private: &TokenStream, here: Span) -> Self {
        let (outcome, end, refusal) = match trigger {
            Trigger::Path { .. } => ("IntoReply", "answer", "refuse"),
            Trigger::Message(Message::Event(_)) => ("ListenerOutcome", "heard", "unheard"),
            Trigger::Message(Message::Targeted(_)) => ("ServiceOutcome", "respond", "refuse"),
        };
        let (outcome_of, end_of) = match trigger {
            Trigger::Message(Message::Targeted(_)) => {
                (quote_spanned!(here=> <Response>), quote_spanned!(here=> ::<Message, _>))
            }
            _ => (quote!(), quote!()),
        };
        let [outcome, end, refusal] = [outcome, end, refusal].map(|name| Ident::new(name, here));
        Self {
            outcome: quote_spanned!(here=> #private::#outcome #outcome_of),
            end: quote_spanned!(here=> #private::#end #end_of),
            refusal: quote_spanned!(here=> #private::#refusal),
        }
    }
}

/// One argument on its way.
struct Step {
    /// The generic parameters of `__call` for its type.
    generics: TokenStream,
    /// What they stand for.
    types: TokenStream,
    /// What the type has to be.
    demand: TokenStream,
    /// What the handler takes.
    input: TokenStream,
    /// How to get it.
    value: TokenStream,
    /// Where it is kept.
    local: Ident,
}

impl Step {
    fn new(position: usize, argument: &Argument<'_>, private: &TokenStream, here: Span) -> Self {
        let ty = argument.ty();
        let local = format_ident!("__argument{position}", span = here);
        let generic = match argument {
            Argument::Message(_) => Ident::new("Message", here),
            _ => format_ident!("Argument{position}", span = here),
        };
        let step = Self {
            generics: quote_spanned!(here=> #generic),
            types: quote!(#ty),
            demand: quote_spanned!(here=> #generic: #private::FromRequest<State>),
            input: quote_spanned!(here=> #generic),
            value: quote_spanned!(here=> #private::argument(&__request, &*__state).await),
            local,
        };
        match argument {
            Argument::Extractor { .. } => step,
            Argument::Required { name, .. } => Self {
                demand: quote_spanned!(here=> #generic: #private::FromSegment),
                value: quote_spanned!(here=> #private::path_parameter(&__request, #name)),
                ..step
            },
            Argument::Optional { name, .. } => Self {
                demand: quote_spanned!(here=> #generic: #private::FromSegment),
                input: quote_spanned!(here=> ::core::option::Option<#generic>),
                value: quote_spanned!(here=> #private::optional_path_parameter(&__request, #name)),
                ..step
            },
            Argument::Message(Message::Event(_)) => Self {
                demand: quote_spanned!(here=> #generic: #private::ism::Event),
                input: quote_spanned!(here=> #private::Event<#generic>),
                ..step
            },
            Argument::Message(Message::Targeted(_)) => Self {
                // `Response` ties what is returned to the request without another demand on the request.
                generics: quote_spanned!(here=> #generic, Response),
                types: quote_spanned!(here=> #ty, _),
                demand: quote_spanned!(here=> #generic: #private::ism::Request<Response = Response>),
                input: quote_spanned!(here=> #private::Targeted<#generic>),
                ..step
            },
        }
    }
}
