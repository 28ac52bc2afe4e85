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
//! - Arguments are taken one after the other in plain code. There is no limit to their number, and a
//!   type that cannot be an argument is underlined where it is written: it is emitted with its span.
//! - The impl holds for every state type that has the pieces in `State<…>`, or for the one in
//!   `state = …`.
//! - Local names are hygienic: they cannot meet a function, a constant or an argument of the author.
//! - After a mistake the impl is a stub, so that nothing else fails for lack of it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::{Error, Ident, Type};

use crate::arguments::Argument;
use crate::attribute::Attribute;
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
    let names = Names::new(&attribute, &function);
    let implementation = match validate(&attribute, &function) {
        Ok(resource) if mistakes.is_empty() => names.implementation(&attribute, &function, &resource),
        checked => {
            mistakes.extend(checked.err().into_iter().flatten());
            if function.signature.receiver().is_some() {
                // Neither a struct nor an impl can stand beside a method.
                return with_mistakes(&mistakes, &function);
            }
            names.stub()
        }
    };
    let structure = names.structure(&function);
    with_mistakes(
        &mistakes,
        &quote! {
            // Every resource is async, and says so when it returns nothing.
            #[allow(clippy::unused_async, clippy::unused_unit)]
            #function
            #structure
            #implementation
        },
    )
}

fn with_mistakes(mistakes: &[Error], item: &impl ToTokens) -> TokenStream {
    let mistakes = mistakes.iter().map(Error::to_compile_error);
    quote!(#item #(#mistakes)*)
}

/// The names the expansion is made of.
struct Names {
    function: Ident,
    structure: Ident,
    /// What the expansion may use of kaa-ext.
    private: TokenStream,
    /// At the function's name, for what the compiler has to say about the whole of it.
    here: Span,
}

impl Names {
    fn new(attribute: &Attribute, function: &Function) -> Self {
        let name = function.signature.ident.clone();
        Self {
            structure: attribute.type_name.clone().unwrap_or_else(|| name.clone()),
            private: private(attribute.krate.as_ref()),
            here: Span::mixed_site().located_at(name.span()),
            function: name,
        }
    }

    fn structure(&self, function: &Function) -> TokenStream {
        let Self { structure, .. } = self;
        let visibility = &function.visibility;
        quote! {
            #[doc(hidden)]
            #[allow(non_camel_case_types, unreachable_pub)]
            #visibility struct #structure {}
        }
    }

    fn implementation(
        &self,
        attribute: &Attribute,
        function: &Function,
        resource: &Resource<'_>,
    ) -> TokenStream {
        let Self { structure, private, .. } = self;
        let (generics, state, clause) = match &attribute.state {
            Some(state) => (quote!(), quote!(#state), quote!()),
            None => {
                let pieces = function.arguments().filter_map(|argument| inside("State", &argument.ty));
                let state = quote!(__State);
                let clause = quote! {
                    where
                        #state: ::core::marker::Send + ::core::marker::Sync + 'static,
                        #(#pieces: #private::FromRef<#state>,)*
                };
                (quote!(<#state>), state, clause)
            }
        };
        let Resource { path, patterns, .. } = resource;
        let name = self.function.unraw().to_string();
        let documentation = function.documentation();
        let call = self.call(resource);
        quote! {
            #[automatically_derived]
            #[allow(deprecated)]
            impl #generics #private::Resource<#state> for #structure #clause {
                fn definition() -> #private::ResourceDef<#state> {
                    #private::ResourceDef {
                        path: #path,
                        patterns: &[#(#patterns),*],
                        name: #name,
                        doc: #documentation,
                        location: #private::Location { file: ::core::file!(), line: ::core::line!() },
                        call: #call,
                    }
                }
            }
        }
    }

    /// The function with its arguments taken out of the request.
    fn call(&self, resource: &Resource<'_>) -> TokenStream {
        let Self { function, private, here, .. } = self;
        let request = Ident::new("__request", *here);
        let state = Ident::new("__state", *here);
        let locals: Vec<Ident> =
            (0..resource.arguments.len()).map(|at| format_ident!("__argument_{at}", span = *here)).collect();
        let values = resource.arguments.iter().map(|argument| match argument {
            Argument::Required { name, ty } => quote_spanned!(*here=>
                #private::path_parameter::<#ty>(&#request, #name)
            ),
            Argument::Optional { name, ty } => quote_spanned!(*here=>
                #private::optional_path_parameter::<#ty>(&#request, #name)
            ),
            Argument::Extractor { ty } => quote_spanned!(*here=>
                #private::argument::<_, #ty>(&#request, &*#state).await
            ),
        });
        let output: &Type = resource.output;
        quote_spanned! {*here=>
            |#request, #state| ::std::boxed::Box::pin(async move {
                #(
                    let #locals = match #values {
                        ::core::result::Result::Ok(value) => value,
                        ::core::result::Result::Err(failure) => return #private::refuse(&#request, failure),
                    };
                )*
                #private::answer::<#output>(&#request, #function(#(#locals),*).await)
            })
        }
    }

    /// Stands in for a resource that could not be expanded; never runs, since the crate does not
    /// compile.
    fn stub(&self) -> TokenStream {
        let Self { structure, private, .. } = self;
        quote! {
            #[automatically_derived]
            impl<__State> #private::Resource<__State> for #structure {
                fn definition() -> #private::ResourceDef<__State> {
                    ::core::unreachable!()
                }
            }
        }
    }
}

/// The part of kaa-ext that its macros use.
pub(crate) fn private(krate: Option<&syn::Path>) -> TokenStream {
    match krate {
        Some(path) => quote!(#path::__private),
        None => quote!(::kaa_ext::__private),
    }
}
