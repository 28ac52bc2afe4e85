//! The function below the attribute.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{
    Attribute, Error, Expr, ExprLit, FnArg, GenericArgument, Ident, Lit, Meta, MetaNameValue, Pat, PatIdent,
    PatType, PathArguments, Result, Signature, Type, Visibility,
};

use crate::kind::Kind;

/// A function whose body was not looked at: while a body is being typed it does not parse, and an
/// editor needs the signature all the same.
pub(crate) struct Function {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) body: TokenStream,
}

impl Function {
    pub(crate) fn parse(kind: Kind, tokens: TokenStream) -> Result<Self> {
        (|input: ParseStream<'_>| Self::read(kind, input)).parse2(tokens)
    }

    fn read(kind: Kind, input: ParseStream<'_>) -> Result<Self> {
        let attributes = input.call(Attribute::parse_outer)?;
        let visibility = input.parse()?;
        let at = input.cursor().token_stream();
        let signature = input.parse().map_err(|problem| {
            // The `fn` of a method stands inside braces.
            let is_function =
                at.clone().into_iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "fn"));
            let expected = format!("`#[{kind}]` stands on a function: `async fn name(…) -> …`");
            if is_function { problem } else { Error::new_spanned(at.into_iter().next(), expected) }
        })?;
        Ok(Self { attributes, visibility, signature, body: input.parse()? })
    }

    /// The arguments without a `self`.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = &PatType> {
        self.signature.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(argument) => Some(argument),
            FnArg::Receiver(_) => None,
        })
    }

    /// The documentation comment as plain text.
    pub(crate) fn documentation(&self) -> String {
        let lines: Vec<String> = self.attributes.iter().filter_map(documentation_line).collect();
        lines.join("\n").trim().to_owned()
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(&self.attributes);
        self.visibility.to_tokens(tokens);
        self.signature.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}

fn documentation_line(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(MetaNameValue {
            path,
            value: Expr::Lit(ExprLit { lit: Lit::Str(line), .. }),
            ..
        }) if path.is_ident("doc") => {
            let line = line.value();
            Some(line.strip_prefix(' ').unwrap_or(&line).to_owned())
        }
        _ => None,
    }
}

/// The name of an argument that is just a name, without `r#`.
pub(crate) fn plain_name(argument: &PatType) -> Option<Ident> {
    match &*argument.pat {
        Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, .. }) => Some(ident.unraw()),
        _ => None,
    }
}

/// The `T` of `wrapper<T>`, however the wrapper's path begins. A macro sees names, not types, so an
/// alias of the wrapper stays unseen.
pub(crate) fn inside<'a>(wrapper: &str, ty: &'a Type) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|segment| segment.ident == wrapper)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) if arguments.args.len() == 1 => Some(inner),
        _ => None,
    }
}

/// Whether a type has `impl Trait` in it.
pub(crate) fn has_impl_trait(ty: &Type) -> bool {
    fn has_impl(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => word == "impl",
            TokenTree::Group(group) => has_impl(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    has_impl(ty.to_token_stream())
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::parse_quote;

    use super::*;

    #[test]
    fn a_body_that_does_not_parse_is_carried_along() {
        let tokens = quote! { #[inline] pub(crate) async fn f(a: A) -> B { let x = a. } };
        let function = Function::parse(Kind::Resource, tokens.clone()).unwrap();
        assert_eq!(function.to_token_stream().to_string(), tokens.to_string());
    }

    #[test]
    fn what_is_no_function_is_told_what_was_expected() {
        for tokens in [
            quote!(
                struct A;
            ),
            quote!(
                pub mod a {}
            ),
            quote!(impl A { fn a() {} }),
        ] {
            let mistake = Function::parse(Kind::Service, tokens).err().unwrap().to_string();
            assert!(mistake.contains("`#[service]` stands on a function"), "{mistake}");
        }
    }

    #[test]
    fn a_documentation_comment_becomes_plain_text() {
        let function = quote! {
            /// First.
            ///
            ///  - indented
            #[doc(hidden)]
            async fn f() -> () {}
        };
        let function = Function::parse(Kind::Resource, function).unwrap();
        assert_eq!(function.documentation(), "First.\n\n - indented");
    }

    #[test]
    fn a_wrapper_is_known_by_its_last_name_and_its_single_argument() {
        for ty in [parse_quote!(State<Arc<T>>), parse_quote!(::kaa_ext::State<Arc<T>>)] {
            assert_eq!(inside("State", &ty).to_token_stream().to_string(), "Arc < T >");
        }
        for ty in [parse_quote!(State), parse_quote!(State<A, B>), parse_quote!(&State<A>), parse_quote!(A)] {
            assert!(inside("State", &ty).is_none());
        }
    }

    #[test]
    fn impl_trait_is_found_however_deep() {
        assert!(has_impl_trait(&parse_quote!(Result<Json<(u8, impl Serialize)>, E>)));
        assert!(!has_impl_trait(&parse_quote!(Result<Json<implement>, E>)));
    }
}
