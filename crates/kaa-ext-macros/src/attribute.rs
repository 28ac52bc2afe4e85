//! What stands in `#[resource(…)]`.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, Ident, Lit, LitStr, Path, Result, Token, Type};

/// The arguments of the attribute.
#[derive(Default)]
pub(crate) struct Attribute {
    /// The path, as written.
    pub(crate) path: Option<LitStr>,
    /// `state = App`: the only state type the resource works with.
    pub(crate) state: Option<Type>,
    /// `type = ConfigResource`: the name of the struct, where the function's name is taken.
    pub(crate) type_name: Option<Ident>,
    /// `crate = renamed`: where kaa-ext is, when not at `::kaa_ext`.
    pub(crate) krate: Option<Path>,
}

const EXPECTED_PATH: &str = r#"expected the path as a string literal: `#[resource("/config/json")]`"#;
const EXPECTED_ARGUMENT: &str =
    "after the path, `#[resource]` takes `state = Type`, `type = Name` and `crate = path`";

impl Attribute {
    /// Reads up to the first mistake. What stands before it is kept: it shapes the stub that takes
    /// the place of the resource.
    pub(crate) fn parse(tokens: TokenStream) -> (Self, Option<Error>) {
        let mut attribute = Self::default();
        let mistake = (|input: ParseStream<'_>| attribute.read(input)).parse2(tokens).err();
        (attribute, mistake)
    }

    fn read(&mut self, input: ParseStream<'_>) -> Result<()> {
        self.path = Some(read_path(input)?);
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if !input.is_empty() {
                self.read_option(input)?;
            }
        }
        Ok(())
    }

    fn read_option(&mut self, input: ParseStream<'_>) -> Result<()> {
        if !(input.peek(Ident::peek_any) && input.peek2(Token![=])) {
            let found = input.parse::<Expr>().map_err(|_| Error::new(input.span(), EXPECTED_ARGUMENT))?;
            return Err(Error::new_spanned(found, EXPECTED_ARGUMENT));
        }
        let key = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        match key.to_string().as_str() {
            "state" => set(&mut self.state, &key, input.parse()?),
            "type" => set(&mut self.type_name, &key, input.parse()?),
            "crate" => set(&mut self.krate, &key, input.call(Path::parse_mod_style)?),
            unknown => {
                Err(Error::new(key.span(), format!("unknown argument `{unknown}`; {EXPECTED_ARGUMENT}")))
            }
        }
    }
}

fn read_path(input: ParseStream<'_>) -> Result<LitStr> {
    if input.is_empty() {
        return Err(Error::new(input.span(), EXPECTED_PATH));
    }
    // Read as an expression so that all of `concat!(…)` or `BASE_PATH` is underlined.
    match input.fork().parse::<Expr>() {
        Ok(Expr::Lit(literal)) if matches!(literal.lit, Lit::Str(_)) => input.parse(),
        Ok(found) => Err(Error::new_spanned(found, EXPECTED_PATH)),
        Err(_) => Err(Error::new(input.span(), EXPECTED_PATH)),
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
        let (attribute, mistake) =
            Attribute::parse(quote!("/config", crate = a::b, type = ConfigResource, state = Arc<App>,));
        assert!(mistake.is_none());
        assert_eq!(attribute.path.unwrap().value(), "/config");
        assert_eq!(attribute.state.to_token_stream().to_string(), "Arc < App >");
        assert_eq!(attribute.type_name.unwrap(), "ConfigResource");
        assert_eq!(attribute.krate.to_token_stream().to_string(), "a :: b");
    }

    #[test]
    fn a_mistake_is_told_with_what_was_expected() {
        for (tokens, expected) in [
            (quote!(), EXPECTED_PATH),
            (quote!(PATH), EXPECTED_PATH),
            (quote!(b"/a"), EXPECTED_PATH),
            (quote!(concat!("/a", "/b")), EXPECTED_PATH),
            (quote!(state = App), EXPECTED_PATH),
            (quote!("/a" "/b"), "expected `,`"),
            (quote!("/a", "/b"), EXPECTED_ARGUMENT),
            (quote!("/a", state), EXPECTED_ARGUMENT),
            (quote!("/a", method = GET), "unknown argument `method`; after the path"),
            (quote!("/a", state = App, state = App), "`state` is given twice"),
            (quote!("/a", crate = "kaa_ext"), "expected identifier"),
        ] {
            let (_, mistake) = Attribute::parse(tokens);
            let mistake = mistake.unwrap().to_string();
            assert!(mistake.contains(expected), "{mistake}");
        }
    }

    #[test]
    fn what_stands_before_a_mistake_is_kept() {
        let (attribute, _) = Attribute::parse(quote!("/a", type = A, stat = B));
        assert!(attribute.path.is_some() && attribute.type_name.is_some());
    }
}
