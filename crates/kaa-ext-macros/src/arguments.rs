//! The arguments of a function, and path parameters matched with them by name.

use syn::{Error, LitStr, PatType, Type};

use crate::function::{Function, inside, plain_name};
use crate::message::Message;
use crate::path::{Parameter, ResourcePath};
use crate::similar::most_similar;

/// How an argument gets its value.
pub(crate) enum Argument<'a> {
    /// From a segment that is always there.
    Required { name: String, ty: &'a Type },
    /// From a segment in `[…]`; `ty` is what stands inside the `Option`.
    Optional { name: String, ty: &'a Type },
    /// By `FromRequest`.
    Extractor { ty: &'a Type },
    /// From the message that the function is called for.
    Message(Message<'a>),
}

impl<'a> Argument<'a> {
    /// The type that has to be extracted, parsed or decoded.
    pub(crate) fn ty(&self) -> &'a Type {
        match self {
            Self::Required { ty, .. } | Self::Optional { ty, .. } | Self::Extractor { ty } => ty,
            Self::Message(message) => message.ty(),
        }
    }
}

/// The arguments of a function without a path, from left to right.
pub(crate) fn without_path(function: &Function) -> Vec<Argument<'_>> {
    let argument = |argument| match Message::of(argument) {
        Some(message) => Argument::Message(message),
        None => Argument::Extractor { ty: &argument.ty },
    };
    function.arguments().map(argument).collect()
}

/// The arguments from left to right. Every parameter of the path has to have one.
pub(crate) fn match_arguments<'a>(
    path: &ResourcePath,
    literal: &LitStr,
    function: &'a Function,
) -> Result<Vec<Argument<'a>>, Vec<Error>> {
    let missing = path.parameters().filter(|parameter| find(function, parameter).is_none());
    let mut mistakes: Vec<_> =
        missing.map(|parameter| not_an_argument(&parameter, path, literal, function)).collect();
    let mut arguments = Vec::new();
    for argument in function.arguments() {
        match classify(argument, path) {
            Ok(argument) => arguments.push(argument),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    if mistakes.is_empty() { Ok(arguments) } else { Err(mistakes) }
}

fn find<'a>(function: &'a Function, parameter: &Parameter<'_>) -> Option<&'a PatType> {
    function.arguments().find(|argument| plain_name(argument).is_some_and(|name| name == parameter.name))
}

fn classify<'a>(argument: &'a PatType, path: &ResourcePath) -> Result<Argument<'a>, Error> {
    let ty = &*argument.ty;
    let name = plain_name(argument);
    let Some(Parameter { name, optional }) =
        path.parameters().find(|parameter| name.as_ref().is_some_and(|name| name == parameter.name))
    else {
        return Ok(Argument::Extractor { ty });
    };
    match (optional, inside("Option", ty)) {
        (true, Some(ty)) => Ok(Argument::Optional { name: name.to_owned(), ty }),
        (false, None) => Ok(Argument::Required { name: name.to_owned(), ty }),
        (true, None) => Err(Error::new_spanned(
            ty,
            format!("`{{{name}}}` stands in `[…]` and may be absent; expected `{name}: Option<…>`"),
        )),
        (false, Some(_)) => Err(Error::new_spanned(
            ty,
            format!(
                "`{{{name}}}` is always there; expected a type without `Option`, \
                 or the optional part `[/{{{name}}}]` in the path"
            ),
        )),
    }
}

fn not_an_argument(
    parameter: &Parameter<'_>,
    path: &ResourcePath,
    literal: &LitStr,
    function: &Function,
) -> Error {
    let Parameter { name, optional } = *parameter;
    let wanted = if optional { format!("{name}: Option<…>") } else { format!("{name}: …") };
    let taken = |argument: &syn::Ident| path.parameters().any(|parameter| argument == parameter.name);
    let free = function.arguments().filter_map(plain_name).filter(|argument| !taken(argument));
    let (span, advice) = match most_similar(name, free) {
        Some(argument) => (argument.span(), format!("did you mean `{wanted}` here?")),
        None => (literal.span(), format!("expected an argument `{wanted}`")),
    };
    Error::new(span, format!("no argument is called like the path parameter `{{{name}}}`; {advice}"))
}
