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
//! ```
//!
//! It is generic over types the macro could have written out, for the sake of one message: what is
//! demanded of a type is demanded once, in `__call::<State, ConfigName, …>`, and the compiler
//! underlines the very type there, with the place the author wrote it at. Written out, each call and
//! each await would complain again.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::Ident;

use crate::arguments::Argument;

/// `fn __call`. All of it is at `here`, whose hygiene keeps the names apart from the author's;
/// `private` is the path of what it may use.
pub(crate) fn call(arguments: &[Argument<'_>], private: &TokenStream, here: Span) -> TokenStream {
    let steps: Vec<_> = arguments
        .iter()
        .enumerate()
        .map(|(position, argument)| Step::new(position, argument, private, here))
        .collect();
    let (types, bounds) = (steps.iter().map(|step| &step.ty), steps.iter().map(|step| &step.bound));
    let (inputs, values) = (steps.iter().map(|step| &step.input), steps.iter().map(|step| &step.value));
    let locals: Vec<_> = steps.iter().map(|step| &step.local).collect();
    let generics = types.clone();
    quote_spanned! {here=>
        fn __call<State, #(#generics,)* Output, Handler, Answer>(
            __request: #private::Request,
            __state: #private::SharedState<State>,
            __handler: Handler,
        ) -> #private::HandlerFuture
        where
            State: ::core::marker::Send + ::core::marker::Sync + 'static,
            #(#types: #bounds + ::core::marker::Send + 'static,)*
            Output: #private::IntoReply,
            Handler: ::core::ops::FnOnce(#(#inputs),*) -> Answer + ::core::marker::Send + 'static,
            Answer: ::core::future::Future<Output = Output> + ::core::marker::Send + 'static,
        {
            ::std::boxed::Box::pin(async move {
                #(
                    let #locals = match #values {
                        ::core::result::Result::Ok(__value) => __value,
                        ::core::result::Result::Err(__failure) => {
                            return #private::refuse(&__request, __failure);
                        }
                    };
                )*
                #private::answer(&__request, __handler(#(#locals),*).await)
            })
        }
    }
}

/// One argument on its way.
struct Step {
    /// The generic parameter for its type.
    ty: Ident,
    /// What the type has to be.
    bound: TokenStream,
    /// What the handler takes.
    input: TokenStream,
    /// How to get it.
    value: TokenStream,
    /// Where it is kept.
    local: Ident,
}

impl Step {
    fn new(position: usize, argument: &Argument<'_>, private: &TokenStream, here: Span) -> Self {
        let ty = format_ident!("Argument{position}", span = here);
        let local = format_ident!("__argument{position}", span = here);
        let (bound, input, value) = match argument {
            Argument::Required { name, .. } => (
                quote_spanned!(here=> #private::FromSegment),
                quote_spanned!(here=> #ty),
                quote_spanned!(here=> #private::path_parameter(&__request, #name)),
            ),
            Argument::Optional { name, .. } => (
                quote_spanned!(here=> #private::FromSegment),
                quote_spanned!(here=> ::core::option::Option<#ty>),
                quote_spanned!(here=> #private::optional_path_parameter(&__request, #name)),
            ),
            Argument::Extractor { .. } => (
                quote_spanned!(here=> #private::FromRequest<State>),
                quote_spanned!(here=> #ty),
                quote_spanned!(here=> #private::argument(&__request, &*__state).await),
            ),
        };
        Self { ty, bound, input, value, local }
    }
}
