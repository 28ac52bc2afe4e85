//! What stands in `#[resource(…)]`, `#[listener(…)]` and `#[service(…)]`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, Ident, Lit, LitStr, Path, Result, Token, Type};

use crate::kind::Kind;

/// The arguments of the attribute.
#[derive(Default)]
pub(crate) struct Attribute {
    /// The path of a resource, as written.
    pub(crate) path: Option<LitStr>,
    /// `delivery = every_replica`: which replicas a listener's event goes to.
    pub(crate) delivery: Option<Delivery>,
    /// `overload = latest`: what becomes of a listener's event when the extension is full.
    pub(crate) overload: Option<Overload>,
    /// `ignore_own`: whether a listener is left alone with what its own replica sent.
    pub(crate) ignore_own: Option<()>,
    /// `state = App`: the only state type the function works with.
    pub(crate) state: Option<Type>,
    /// `type = ConfigResource`: the name of the struct, where the function's name is taken.
    pub(crate) type_name: Option<Ident>,
    /// `crate = renamed`: where kaa-ext is, when not at `::kaa_ext`.
    pub(crate) krate: Option<Path>,
}

/// Which replicas of a service an event goes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Delivery {
    #[default]
    OneReplica,
    EveryReplica,
}

/// What becomes of an event when the extension is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overload {
    Refuse,
    Wait,
    Latest,
}

mod word {
    syn::custom_keyword!(ignore_own);
    syn::custom_keyword!(one_replica);
    syn::custom_keyword!(every_replica);
    syn::custom_keyword!(refuse);
    syn::custom_keyword!(wait);
    syn::custom_keyword!(latest);
}

const EXPECTED_PATH: &str = r#"expected the path as a string literal: `#[resource("/config/json")]`"#;
const EXPECTED_OVERLOAD: &str =
    "expected `overload = refuse`, `wait` or `latest`: what becomes of the event when the extension is full";
const EXPECTED_DELIVERY: &str = "expected `delivery = every_replica`; without it, one replica gets the event";

impl Attribute {
    /// Reads up to the first mistake. What stands before it is kept: it shapes the stub that takes
    /// the place of what was meant.
    pub(crate) fn parse(kind: Kind, tokens: TokenStream) -> (Self, Option<Error>) {
        let mut attribute = Self::default();
        let mistake = (|input: ParseStream<'_>| attribute.read(kind, input)).parse2(tokens).err();
        (attribute, mistake)
    }

    fn read(&mut self, kind: Kind, input: ParseStream<'_>) -> Result<()> {
        if kind == Kind::Resource {
            self.path = Some(read_path(input)?);
            read_comma(input)?;
        }
        while !input.is_empty() {
            self.read_option(kind, input)?;
            read_comma(input)?;
        }
        Ok(())
    }

    fn read_option(&mut self, kind: Kind, input: ParseStream<'_>) -> Result<()> {
        let listens = kind == Kind::Listener;
        if listens && input.peek(word::ignore_own) {
            let key = input.parse()?;
            if input.peek(Token![=]) {
                return Err(input.error("`ignore_own` has no value; expected it alone"));
            }
            return set(&mut self.ignore_own, &key, ());
        }
        if !(input.peek(Ident::peek_any) && input.peek2(Token![=])) {
            return Err(unexpected(input, kind.options()));
        }
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        match key.to_string().as_str() {
            "delivery" if listens => set(&mut self.delivery, &key, read_delivery(input)?),
            "overload" if listens => set(&mut self.overload, &key, read_overload(input)?),
            "state" => set(&mut self.state, &key, input.parse()?),
            "type" => set(&mut self.type_name, &key, input.parse()?),
            "crate" => set(&mut self.krate, &key, input.call(Path::parse_mod_style)?),
            unknown => {
                Err(Error::new(key.span(), format!("unknown argument `{unknown}`; {}", kind.options())))
            }
        }
    }
}

fn read_path(input: ParseStream<'_>) -> Result<LitStr> {
    if input.is_empty() {
        return Err(Error::new(input.span(), EXPECTED_PATH));
    }
    // `"/a".to_owned()` begins with a literal.
    match input.fork().parse::<Expr>() {
        Ok(Expr::Lit(literal)) if matches!(literal.lit, Lit::Str(_)) => input.parse(),
        _ => Err(unexpected(input, EXPECTED_PATH)),
    }
}

fn read_delivery(input: ParseStream<'_>) -> Result<Delivery> {
    if input.parse::<Option<word::one_replica>>()?.is_some() {
        Ok(Delivery::OneReplica)
    } else if input.parse::<Option<word::every_replica>>()?.is_some() {
        Ok(Delivery::EveryReplica)
    } else {
        Err(unexpected(input, EXPECTED_DELIVERY))
    }
}

fn read_overload(input: ParseStream<'_>) -> Result<Overload> {
    if input.parse::<Option<word::refuse>>()?.is_some() {
        Ok(Overload::Refuse)
    } else if input.parse::<Option<word::wait>>()?.is_some() {
        Ok(Overload::Wait)
    } else if input.parse::<Option<word::latest>>()?.is_some() {
        Ok(Overload::Latest)
    } else {
        Err(unexpected(input, EXPECTED_OVERLOAD))
    }
}

/// What separates two arguments, and may stand after the last.
fn read_comma(input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() { Ok(()) } else { input.parse::<Token![,]>().map(drop) }
}

/// Read as an expression so that all of `concat!(…)` or `BASE_PATH` is underlined.
fn unexpected(input: ParseStream<'_>, expected: &str) -> Error {
    match input.parse::<Expr>() {
        Ok(found) => Error::new_spanned(found, expected),
        Err(_) => Error::new(input.span(), expected),
    }
}

fn set<T>(option: &mut Option<T>, key: &Ident, value: T) -> Result<()> {
    match option.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::new(key.span(), format!("`{key}` is given twice; expected it once"))),
    }
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens, quote};

    use super::*;

    #[test]
    fn all_arguments_are_read_in_any_order_after_the_path() {
        let tokens = quote!("/config", crate = a::b, type = ConfigResource, state = Arc<App>,);
        let (attribute, mistake) = Attribute::parse(Kind::Resource, tokens);
        assert!(mistake.is_none());
        assert_eq!(attribute.path.unwrap().value(), "/config");
        assert_eq!(attribute.state.to_token_stream().to_string(), "Arc < App >");
        assert_eq!(attribute.type_name.unwrap(), "ConfigResource");
        assert_eq!(attribute.krate.to_token_stream().to_string(), "a :: b");
    }

    #[test]
    fn a_listener_has_a_delivery_instead_of_a_path() {
        let read = |tokens| match Attribute::parse(Kind::Listener, tokens) {
            (attribute, None) => {
                (attribute.delivery, attribute.ignore_own.is_some(), attribute.state.is_some())
            }
            (_, Some(mistake)) => panic!("{mistake}"),
        };
        assert_eq!(read(quote!()), (None, false, false));
        assert_eq!(read(quote!(ignore_own)), (None, true, false));
        assert_eq!(read(quote!(delivery = one_replica,)), (Some(Delivery::OneReplica), false, false));
        assert_eq!(
            read(quote!(state = App, ignore_own, delivery = every_replica)),
            (Some(Delivery::EveryReplica), true, true)
        );
    }

    #[test]
    fn a_mistake_is_told_with_what_was_expected() {
        use Kind::{Listener, Resource, Service};
        for (kind, tokens, expected) in [
            (Resource, quote!(), EXPECTED_PATH),
            (Resource, quote!(PATH), EXPECTED_PATH),
            (Resource, quote!(b"/a"), EXPECTED_PATH),
            (Resource, quote!(concat!("/a", "/b")), EXPECTED_PATH),
            (Resource, quote!("/a".to_owned()), EXPECTED_PATH),
            (Resource, quote!(state = App), EXPECTED_PATH),
            (Resource, quote!("/a" "/b"), "expected `,`"),
            (Resource, quote!("/a", "/b"), Resource.options()),
            (Resource, quote!("/a", state), Resource.options()),
            (Resource, quote!("/a", method = GET), "unknown argument `method`; after the path"),
            (Resource, quote!("/a", delivery = every_replica), "unknown argument `delivery`"),
            (Resource, quote!("/a", ignore_own), Resource.options()),
            (Resource, quote!("/a", state = App, state = App), "`state` is given twice"),
            (Resource, quote!("/a", crate = "kaa_ext"), "expected identifier"),
            (Listener, quote!("/a"), Listener.options()),
            (Listener, quote!(ConfigUpdated), Listener.options()),
            (Listener, quote!(delivery), Listener.options()),
            (Listener, quote!(delivery = all), EXPECTED_DELIVERY),
            (Listener, quote!(delivery = "every_replica"), EXPECTED_DELIVERY),
            (Listener, quote!(delivery =), EXPECTED_DELIVERY),
            (Listener, quote!(delivery = every_replica, delivery = one_replica), "`delivery` is given twice"),
            (Listener, quote!(overload = drop), EXPECTED_OVERLOAD),
            (Listener, quote!(overload = "wait"), EXPECTED_OVERLOAD),
            (Resource, quote!("/a", overload = wait), "unknown argument `overload`"),
            (Listener, quote!(ignore_own, ignore_own), "`ignore_own` is given twice"),
            (Listener, quote!(ignore_own = true), "`ignore_own` has no value"),
            (Service, quote!(delivery = every_replica), "unknown argument `delivery`; `#[service]` takes"),
            (Service, quote!(ignore_own), Service.options()),
        ] {
            let (_, mistake) = Attribute::parse(kind, tokens);
            let mistake = mistake.unwrap().to_string();
            assert!(mistake.contains(expected), "{mistake}");
        }
    }

    #[test]
    fn what_stands_before_a_mistake_is_kept() {
        let (attribute, _) = Attribute::parse(Kind::Resource, quote!("/a", type = A, stat = B));
        assert!(attribute.path.is_some() && attribute.type_name.is_some());
    }
}
