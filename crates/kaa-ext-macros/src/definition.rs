//! The impl beside the function: what the extension needs to know about it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Ident, Path};

use crate::arguments::Argument;
use crate::attribute::{Attribute, Delivery, Overload};
use crate::call::call;
use crate::function::{Function, inside};
use crate::kind::Kind;
use crate::message::Message;
use crate::validate::{Handler, Trigger};

/// The impl in the making.
pub(crate) struct Definition<'a> {
    kind: Kind,
    attribute: &'a Attribute,
    function: &'a Function,
    /// What it is for.
    structure: &'a Ident,
    /// What the compiler has to say about the whole is said at the function's name.
    here: Span,
    /// The path of what it may use.
    private: TokenStream,
}

impl<'a> Definition<'a> {
    pub(crate) fn new(
        kind: Kind,
        attribute: &'a Attribute,
        function: &'a Function,
        structure: &'a Ident,
    ) -> Self {
        let here = Span::mixed_site().located_at(function.signature.ident.span());
        let private = private(attribute.krate.as_ref(), here);
        Self { kind, attribute, function, structure, here, private }
    }

    pub(crate) fn of(&self, handler: &Handler<'_>) -> TokenStream {
        let Self { kind, attribute, function, structure, here, private } = self;
        let (generics, state, clause) = match &attribute.state {
            Some(state) => (quote!(), quote!(#state), quote!()),
            None => {
                let pieces = function.arguments().filter_map(|argument| inside("State", &argument.ty));
                let clause = quote! {
                    where
                        __State: ::core::marker::Send + ::core::marker::Sync + 'static,
                        #(#pieces: #private::FromRef<__State>,)*
                };
                (quote!(<__State>), quote!(__State), clause)
            }
        };
        let (definer, definition) = (kind.definer(), kind.definition());
        let ident = &function.signature.ident;
        let name = ident.unraw().to_string();
        let documentation = function.documentation();
        let trigger = self.trigger(&handler.trigger);
        let shapes = self.shapes(handler);
        let call = call(ident, handler, &state, private, *here);
        quote! {
            #[automatically_derived]
            #[allow(deprecated)]
            impl #generics #private::#definer<#state> for #structure #clause {
                fn definition() -> #private::#definition<#state> {
                    #private::#definition {
                        #trigger
                        name: #name,
                        doc: #documentation,
                        location: #private::Location { file: ::core::file!(), line: ::core::line!() },
                        #shapes
                        call: #call,
                    }
                }
            }
        }
    }

    /// The fields that say what the function is called for.
    fn trigger(&self, trigger: &Trigger<'_>) -> TokenStream {
        let Self { attribute, private, .. } = self;
        match trigger {
            Trigger::Path { path, patterns } => quote!(path: #path, patterns: &[#(#patterns),*],),
            Trigger::Message(Message::Event(event)) => {
                let delivery = match attribute.delivery.unwrap_or_default() {
                    Delivery::OneReplica => quote!(OneReplica),
                    Delivery::EveryReplica => quote!(EveryReplica),
                };
                let overload = match attribute.overload {
                    None => quote!(None),
                    Some(Overload::Refuse) => quote!(Some(#private::Overload::Refuse)),
                    Some(Overload::Wait) => quote!(Some(#private::Overload::Wait)),
                    Some(Overload::Latest) => quote!(Some(#private::Overload::Latest)),
                };
                let ignores_own = attribute.ignore_own.is_some();
                quote! {
                    event: #private::event_type::<#event>(),
                    delivery: #private::Delivery::#delivery,
                    ignores_own: #ignores_own,
                    overload: ::core::option::Option::#overload,
                }
            }
            Trigger::Message(Message::Targeted(request)) => {
                quote!(request: #private::request_type::<#request>(),)
            }
        }
    }

    /// The field that says what the types of a resource say about payloads. The compiler takes the first of three
    /// answers that there is for a type, so none of them has to be able to say anything.
    fn shapes(&self, handler: &Handler<'_>) -> TokenStream {
        let Self { private, here, .. } = self;
        let Handler { trigger: Trigger::Path { .. }, arguments, output } = handler else { return quote!() };
        let schemas = Ident::new("__schemas", *here);
        let ask = |ty: &TokenStream| quote!((&&&#private::Probe::<#ty>::OF).__shape(#schemas));
        let arguments = arguments.iter().filter_map(|argument| match argument {
            Argument::Extractor { ty } => Some(ask(&ty.to_token_stream())),
            _ => None,
        });
        let answer = ask(output);
        quote_spanned! {*here=>
            shapes: |#schemas| {
                #[allow(unused_imports)]
                use #private::{Known as _, Named as _, Unknown as _};
                #private::Shapes { arguments: ::std::vec![#(#arguments),*], answer: #answer }
            },
        }
    }

    /// Stands in for a function with a mistake. It never runs, since the crate does not compile.
    pub(crate) fn stub(&self) -> TokenStream {
        let Self { kind, structure, private, .. } = self;
        let (definer, definition) = (kind.definer(), kind.definition());
        quote! {
            #[automatically_derived]
            impl<__State> #private::#definer<__State> for #structure {
                fn definition() -> #private::#definition<__State> {
                    ::core::unreachable!()
                }
            }
        }
    }
}

/// The part of kaa-ext that its macros use.
pub(crate) fn private(krate: Option<&Path>, here: Span) -> TokenStream {
    match krate {
        Some(path) => quote_spanned!(here=> #path::__private),
        None => quote_spanned!(here=> ::kaa_ext::__private),
    }
}
