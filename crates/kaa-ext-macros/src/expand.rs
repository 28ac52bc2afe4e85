//! What `#[resource]` writes.
//!
//! ```text
//! async fn config(…) -> … { … }                    unchanged: still a function to call and to test
//! struct config {}                                 lets `resources![config]` name the function
//! impl<S> Resource<S> for config where … { … }     path, documentation and the call
//! ```
//!
//! - The struct has braces, so it takes the name only among types and leaves it to the function
//!   among values; one `use` imports both.
//! - The impl holds for every state type that has the pieces in `State<…>`, or for the one in
//!   `state = …`.
//! - A resource that is in no list is unused code, and the compiler says so.
//! - After a mistake the impl is a stub, so that nothing else fails for lack of it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Error, Ident, Path};

use crate::arguments::Argument;
use crate::attribute::Attribute;
use crate::call::call;
use crate::function::{Function, inside};
use crate::validate::{Resource, validate};

pub(crate) fn resource(attribute: TokenStream, item: &TokenStream) -> TokenStream {
    let (attribute, mistake) = Attribute::parse(attribute);
    let mut mistakes = Vec::from_iter(mistake);
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(mistake) => {
            mistakes.push(mistake);
            return with_mistakes(&mistakes, item);
        }
    };
    let structure = attribute.type_name.as_ref().unwrap_or(&function.signature.ident);
    // What the compiler has to say about the whole is said at the function's name.
    let here = Span::mixed_site().located_at(function.signature.ident.span());
    let private = private(attribute.krate.as_ref(), here);
    let implementation = match validate(&attribute, &function) {
        Ok(resource) if mistakes.is_empty() => {
            implementation(structure, &private, here, &attribute, &function, &resource)
        }
        checked => {
            mistakes.extend(checked.err().into_iter().flatten());
            if function.signature.receiver().is_some() {
                // Neither a struct nor an impl can stand beside a method.
                return with_mistakes(&mistakes, &function);
            }
            stub(structure, &private)
        }
    };
    let visibility = &function.visibility;
    let expanded = quote! {
        // That a resource is async and names even an empty answer is our demand.
        #[allow(clippy::unused_async, clippy::unused_unit)]
        #function

        #[doc(hidden)]
        #[allow(non_camel_case_types, unreachable_pub)]
        #visibility struct #structure {}

        #implementation
    };
    with_mistakes(&mistakes, &expanded)
}

fn with_mistakes(mistakes: &[Error], item: &impl ToTokens) -> TokenStream {
    let mistakes = mistakes.iter().map(Error::to_compile_error);
    quote!(#item #(#mistakes)*)
}

fn implementation(
    structure: &Ident,
    private: &TokenStream,
    here: Span,
    attribute: &Attribute,
    function: &Function,
    resource: &Resource<'_>,
) -> TokenStream {
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
    let Resource { path, patterns, arguments, output } = resource;
    let handler = &function.signature.ident;
    let name = handler.unraw().to_string();
    let documentation = function.documentation();
    let types = arguments.iter().map(Argument::ty);
    let call = call(arguments, private, here);
    let called = quote_spanned! {here=>
        |__request, __state| __call::<#state, #(#types,)* #output, _, _>(__request, __state, #handler)
    };
    quote! {
        #[automatically_derived]
        #[allow(deprecated)]
        impl #generics #private::Resource<#state> for #structure #clause {
            fn definition() -> #private::ResourceDef<#state> {
                #call
                #private::ResourceDef {
                    path: #path,
                    patterns: &[#(#patterns),*],
                    name: #name,
                    doc: #documentation,
                    location: #private::Location { file: ::core::file!(), line: ::core::line!() },
                    call: #called,
                }
            }
        }
    }
}

/// Stands in for a resource with a mistake. It never runs, since the crate does not compile.
fn stub(structure: &Ident, private: &TokenStream) -> TokenStream {
    quote! {
        #[automatically_derived]
        impl<__State> #private::Resource<__State> for #structure {
            fn definition() -> #private::ResourceDef<__State> {
                ::core::unreachable!()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(expanded: &TokenStream) -> usize {
        expanded.to_string().matches("compile_error").count()
    }

    #[test]
    fn the_expansion_is_three_items_of_which_the_first_is_the_function() {
        let function = quote!(pub(crate) async fn config(a: A) -> B { body. });
        let expanded = resource(quote!("/config"), &function);
        assert_eq!(mistakes(&expanded), 0);
        let text = expanded.to_string();
        assert!(text.contains(&function.to_string()), "{text}");
        assert!(text.contains("pub (crate) struct config { }"), "{text}");
        assert!(
            text.contains("impl < __State > :: kaa_ext :: __private :: Resource < __State > for config"),
            "{text}"
        );
    }

    #[test]
    fn options_choose_the_state_the_name_and_the_crate() {
        let options = quote!("/config", state = App, type = ConfigResource, crate = renamed);
        let text = resource(
            options,
            &quote!(
                async fn config(_: State<A>) -> () {}
            ),
        )
        .to_string();
        assert!(
            text.contains("impl renamed :: __private :: Resource < App > for ConfigResource {"),
            "{text}"
        );
    }

    #[test]
    fn a_mistake_leaves_the_function_the_struct_and_a_stub() {
        let expanded = resource(
            quote!("config"),
            &quote!(
                async fn config() -> () {}
            ),
        );
        assert_eq!(mistakes(&expanded), 1);
        let text = expanded.to_string();
        for left in ["async fn config", "struct config", "Resource < __State > for config"] {
            assert!(text.contains(left), "{left}: {text}");
        }
    }

    #[test]
    fn beside_a_method_or_another_item_stands_only_the_mistake() {
        for item in [
            quote!(
                async fn config(&self) -> () {}
            ),
            quote!(
                enum Config {}
            ),
        ] {
            let expanded = resource(quote!("/config"), &item);
            assert_eq!(mistakes(&expanded), 1);
            assert!(!expanded.to_string().contains("struct"));
        }
    }
}
