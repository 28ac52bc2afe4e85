//! From what was written to a handler that can be expanded, or all mistakes in it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Error, GenericParam, LitStr, PatType, ReturnType, Signature, Type};

use crate::arguments::{Argument, match_arguments, without_path};
use crate::attribute::Attribute;
use crate::function::{Function, has_impl_trait};
use crate::kind::Kind;
use crate::message::{Message, find_message};
use crate::path::ResourcePath;

/// A resource, a listener or a service without mistakes, as far as a macro can see.
pub(crate) struct Handler<'a> {
    pub(crate) trigger: Trigger<'a>,
    pub(crate) arguments: Vec<Argument<'a>>,
    /// The type the function returns.
    pub(crate) output: TokenStream,
}

/// What a handler is called for.
pub(crate) enum Trigger<'a> {
    /// A request of a device. The path is as written.
    Path { path: &'a LitStr, patterns: Vec<String> },
    /// A message of a service.
    Message(Message<'a>),
}

pub(crate) fn validate<'a>(
    kind: Kind,
    attribute: &'a Attribute,
    function: &'a Function,
) -> Result<Handler<'a>, Vec<Error>> {
    let signature = &function.signature;
    let mut mistakes: Vec<Error> = check_qualifiers(kind, signature)
        .into_iter()
        .chain(check_generics(kind, signature))
        .chain(check_receiver(kind, signature))
        .chain(function.arguments().flat_map(|argument| check_argument(kind, argument)))
        .collect();
    let output = check_output(kind, signature).map_err(|mistake| mistakes.push(mistake));
    let matched = find_message(kind, function).and_then(|message| match (message, &attribute.path) {
        (Some(message), _) => Ok((Trigger::Message(message), without_path(function))),
        (None, Some(path)) => match_path(path, function),
        // Of a path that could not be read enough was said.
        (None, None) => Err(Vec::new()),
    });
    match (output, matched) {
        (Ok(output), Ok((trigger, arguments))) if mistakes.is_empty() => {
            Ok(Handler { trigger, arguments, output })
        }
        (_, matched) => {
            mistakes.extend(matched.err().into_iter().flatten());
            Err(mistakes)
        }
    }
}

fn match_path<'a>(
    path: &'a LitStr,
    function: &'a Function,
) -> Result<(Trigger<'a>, Vec<Argument<'a>>), Vec<Error>> {
    let parsed =
        ResourcePath::parse(&path.value()).map_err(|problem| vec![Error::new(path.span(), problem)])?;
    let arguments = match_arguments(&parsed, path, function)?;
    Ok((Trigger::Path { path, patterns: parsed.patterns() }, arguments))
}

fn check_qualifiers(kind: Kind, signature: &Signature) -> Option<Error> {
    let Signature { constness, asyncness, unsafety, abi, fn_token, ident, .. } = signature;
    if asyncness.is_some() && constness.is_none() && unsafety.is_none() && abi.is_none() {
        return None;
    }
    let found = quote!(#constness #asyncness #unsafety #abi #fn_token);
    let message =
        format!("a {kind} is a plain async function; expected `async fn {ident}`, found `{found} {ident}`");
    Some(Error::new_spanned(found, message))
}

fn check_generics(kind: Kind, signature: &Signature) -> Option<Error> {
    let generics = &signature.generics;
    match (generics.params.first(), &generics.where_clause) {
        (None, None) => None,
        (None, Some(clause)) => {
            Some(Error::new_spanned(clause, format!("a {kind} is not generic; expected no `where` clause")))
        }
        (Some(GenericParam::Lifetime(_)), _) => Some(Error::new_spanned(
            generics,
            format!(
                "a {kind} has no lifetimes, since its arguments own their values; \
                 expected `String` instead of `&'a str`"
            ),
        )),
        (Some(GenericParam::Type(_) | GenericParam::Const(_)), _) => Some(Error::new_spanned(
            generics,
            format!(
                "a {kind} is not generic, since its types say what to extract; \
                 expected types with a name (the body may call a generic function)"
            ),
        )),
    }
}

fn check_receiver(kind: Kind, signature: &Signature) -> Option<Error> {
    let message = format!(
        "a {kind} is a function of its own, not a method; \
         expected `State<T>`, a piece of the application's state, instead of `self`"
    );
    signature.receiver().map(|receiver| Error::new_spanned(receiver, message))
}

fn check_argument(kind: Kind, argument: &PatType) -> Option<Error> {
    if has_impl_trait(&argument.ty) {
        let message = "`impl Trait` does not say what to extract; expected a type with a name";
        return Some(Error::new_spanned(&argument.ty, message));
    }
    if matches!(&*argument.ty, Type::Reference(_)) {
        let message =
            format!("an argument of a {kind} owns its value; expected a type without `&`, such as `String`");
        return Some(Error::new_spanned(&argument.ty, message));
    }
    let condition = argument.attrs.iter().find(|attribute| attribute.path().is_ident("cfg"))?;
    let message = format!("an argument of a {kind} cannot come and go; expected `#[cfg]` on the function");
    Some(Error::new_spanned(condition, message))
}

fn check_output(kind: Kind, signature: &Signature) -> Result<TokenStream, Error> {
    let expected = kind.returns();
    match &signature.output {
        ReturnType::Type(_, output) if has_impl_trait(output) => {
            let message = format!("behind `impl Trait` a wrong type would go unnoticed; expected {expected}");
            Err(Error::new_spanned(output, message))
        }
        ReturnType::Type(_, output) => Ok(output.to_token_stream()),
        ReturnType::Default if kind == Kind::Listener => Ok(quote!(())),
        ReturnType::Default => {
            let name = &signature.ident;
            let message = format!("`{name}` does not say what it answers; expected {expected}");
            Err(Error::new_spanned(name, message))
        }
    }
}

#[cfg(test)]
mod tests;
