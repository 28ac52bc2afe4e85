//! From what was written to a resource that can be expanded, or all mistakes in it.

use quote::quote;
use syn::{Error, GenericParam, LitStr, PatType, ReturnType, Signature, Type};

use crate::arguments::{Argument, match_arguments};
use crate::attribute::Attribute;
use crate::function::{Function, has_impl_trait};
use crate::path::ResourcePath;

/// A resource without mistakes, as far as a macro can see.
pub(crate) struct Resource<'a> {
    /// The path, as written.
    pub(crate) path: &'a LitStr,
    pub(crate) patterns: Vec<String>,
    pub(crate) arguments: Vec<Argument<'a>>,
    /// The type the function returns.
    pub(crate) output: &'a Type,
}

pub(crate) fn validate<'a>(
    attribute: &'a Attribute,
    function: &'a Function,
) -> Result<Resource<'a>, Vec<Error>> {
    let signature = &function.signature;
    let mut mistakes: Vec<Error> = check_qualifiers(signature)
        .into_iter()
        .chain(check_generics(signature))
        .chain(check_receiver(signature))
        .chain(function.arguments().flat_map(check_argument))
        .collect();
    let output = check_output(signature).map_err(|mistake| mistakes.push(mistake));
    let Some(literal) = &attribute.path else { return Err(mistakes) };
    let matched = ResourcePath::parse(&literal.value())
        .map_err(|problem| vec![Error::new(literal.span(), problem)])
        .and_then(|path| Ok((path.patterns(), match_arguments(&path, literal, function)?)));
    match (output, matched) {
        (Ok(output), Ok((patterns, arguments))) if mistakes.is_empty() => {
            Ok(Resource { path: literal, patterns, arguments, output })
        }
        (_, matched) => {
            mistakes.extend(matched.err().into_iter().flatten());
            Err(mistakes)
        }
    }
}

fn check_qualifiers(signature: &Signature) -> Option<Error> {
    let Signature { constness, asyncness, unsafety, abi, fn_token, ident, .. } = signature;
    if asyncness.is_some() && constness.is_none() && unsafety.is_none() && abi.is_none() {
        return None;
    }
    let found = quote!(#constness #asyncness #unsafety #abi #fn_token);
    let message =
        format!("a resource is a plain async function; expected `async fn {ident}`, found `{found} {ident}`");
    Some(Error::new_spanned(found, message))
}

fn check_generics(signature: &Signature) -> Option<Error> {
    let generics = &signature.generics;
    match (generics.params.first(), &generics.where_clause) {
        (None, None) => None,
        (None, Some(clause)) => {
            Some(Error::new_spanned(clause, "a resource is not generic; expected no `where` clause"))
        }
        (Some(GenericParam::Lifetime(_)), _) => Some(Error::new_spanned(
            generics,
            "a resource has no lifetimes, since its arguments own their values; \
             expected `String` instead of `&'a str`",
        )),
        (Some(GenericParam::Type(_) | GenericParam::Const(_)), _) => Some(Error::new_spanned(
            generics,
            "a resource is not generic, since its types say what to extract; \
             expected types with a name (the body may call a generic function)",
        )),
    }
}

fn check_receiver(signature: &Signature) -> Option<Error> {
    let message = "a resource is a function of its own, not a method; \
                   expected `State<T>`, a piece of the application's state, instead of `self`";
    signature.receiver().map(|receiver| Error::new_spanned(receiver, message))
}

fn check_argument(argument: &PatType) -> Option<Error> {
    if has_impl_trait(&argument.ty) {
        let message = "`impl Trait` does not say what to extract; expected a type with a name";
        return Some(Error::new_spanned(&argument.ty, message));
    }
    if matches!(&*argument.ty, Type::Reference(_)) {
        let message =
            "an argument of a resource owns its value; expected a type without `&`, such as `String`";
        return Some(Error::new_spanned(&argument.ty, message));
    }
    let condition = argument.attrs.iter().find(|attribute| attribute.path().is_ident("cfg"))?;
    let message = "an argument of a resource cannot come and go; expected `#[cfg]` on the function";
    Some(Error::new_spanned(condition, message))
}

fn check_output(signature: &Signature) -> Result<&Type, Error> {
    match &signature.output {
        ReturnType::Type(_, output) if has_impl_trait(output) => Err(Error::new_spanned(
            output,
            "behind `impl Trait` an empty answer would go unnoticed; expected a type with a name, \
             such as `Json<T>` or `Result<Json<T>, E>`",
        )),
        ReturnType::Type(_, output) => Ok(output),
        ReturnType::Default => {
            let name = &signature.ident;
            let message = format!(
                "`{name}` does not say what it answers; expected a return type such as `-> Json<T>`, \
                 or `-> ()` for an answer without payload"
            );
            Err(Error::new_spanned(name, message))
        }
    }
}

#[cfg(test)]
mod tests;
