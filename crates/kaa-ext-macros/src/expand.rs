//! What `#[resource]`, `#[listener]` and `#[service]` write.
//!
//! ```text
//! async fn config(…) -> … { … }                    unchanged: still a function to call and to test
//! struct config {}                                 lets `resources![config]` name the function
//! impl<S> Resource<S> for config where … { … }     path or message, documentation and the call
//! ```
//!
//! - The struct has braces, so it takes the name only among types and leaves it to the function
//!   among values; one `use` imports both.
//! - The impl holds for every state type that has the pieces in `State<…>`, or for the one in
//!   `state = …`.
//! - A function that is in no list is unused code, and the compiler says so.
//! - After a mistake the impl is a stub, so that nothing else fails for lack of it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Error;

use crate::attribute::Attribute;
use crate::definition::Definition;
use crate::function::Function;
use crate::kind::Kind;
use crate::validate::validate;

pub(crate) fn expand(kind: Kind, attribute: TokenStream, item: &TokenStream) -> TokenStream {
    let (attribute, mistake) = Attribute::parse(kind, attribute);
    let mut mistakes = Vec::from_iter(mistake);
    let function = match Function::parse(kind, item.clone()) {
        Ok(function) => function,
        Err(mistake) => {
            mistakes.push(mistake);
            return with_mistakes(&mistakes, item);
        }
    };
    let structure = attribute.type_name.as_ref().unwrap_or(&function.signature.ident);
    let definition = Definition::new(kind, &attribute, &function, structure);
    let implementation = match validate(kind, &attribute, &function) {
        Ok(handler) if mistakes.is_empty() => definition.of(&handler),
        checked => {
            mistakes.extend(checked.err().into_iter().flatten());
            if function.signature.receiver().is_some() {
                // Neither a struct nor an impl can stand beside a method.
                return with_mistakes(&mistakes, &function);
            }
            definition.stub()
        }
    };
    let visibility = &function.visibility;
    let expanded = quote! {
        // That a function is async and names even an empty answer is our demand.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(attribute: TokenStream, item: &TokenStream) -> TokenStream {
        expand(Kind::Resource, attribute, item)
    }

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
    fn a_listener_and_a_service_define_what_they_are_called_for() {
        for (kind, attribute, function, defined) in [
            (
                Kind::Listener,
                quote!(),
                quote!(
                    async fn f(_: Event<Updated>) {}
                ),
                "Listener<__State>forfwhere|event:::kaa_ext::__private::event_type::<Updated>()\
                 |delivery:::kaa_ext::__private::Delivery::OneReplica,ignores_own:false",
            ),
            (
                Kind::Listener,
                quote!(delivery = every_replica, ignore_own, state = App, crate = k),
                quote!(
                    async fn f(_: Event<Updated>) {}
                ),
                "impl k::__private::Listener<App>forf{|event:k::__private::event_type::<Updated>()\
                 |Delivery::EveryReplica,ignores_own:true",
            ),
            (
                Kind::Service,
                quote!(crate = k, type = Asked),
                quote!(
                    async fn f(_: Targeted<a::Request>) -> Result<R, E> {}
                ),
                "TargetedService<__State>forAsked|request:k::__private::request_type::<a::Request>()",
            ),
        ] {
            let expanded = expand(kind, attribute, &function);
            assert_eq!(mistakes(&expanded), 0);
            let text = expanded.to_string().replace(' ', "");
            for part in defined.split('|') {
                assert!(text.contains(&part.replace(' ', "")), "{part}: {text}");
            }
        }
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
