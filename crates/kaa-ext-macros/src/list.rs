//! `resources![config, module::applied]`: the definitions of these resources, as an array; so too for
//! listeners and services.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Path, Result, Token, bracketed};

use crate::kind::Kind;

/// `[path::to::kaa_ext] config, module::applied`: kaa-ext's own macro puts its `$crate` in front, so
/// the list works under any name of the crate.
struct List {
    krate: Path,
    functions: Punctuated<Path, Token![,]>,
}

impl Parse for List {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let krate;
        bracketed!(krate in input);
        Ok(Self {
            krate: krate.call(Path::parse_mod_style)?,
            functions: Punctuated::parse_terminated(input)?,
        })
    }
}

pub(crate) fn list(kind: Kind, tokens: TokenStream) -> TokenStream {
    let List { krate, functions } = match syn::parse2(tokens) {
        Ok(list) => list,
        Err(problem) => {
            let expected =
                format!("expected the names of {kind}s, such as `{kind}s![config, module::applied]`");
            return Error::new(problem.span(), expected).to_compile_error();
        }
    };
    let mut listed = Vec::new();
    let mut mistakes = Vec::new();
    for function in &functions {
        let name = function.to_token_stream().to_string().replace(' ', "");
        if listed.contains(&name) {
            let message = format!("`{name}` is in this list already; expected it once");
            mistakes.push(Error::new_spanned(function, message).to_compile_error());
        }
        listed.push(name);
    }
    let definer = kind.definer();
    let functions = functions.iter();
    quote!({
        #(#mistakes)*
        [#(<#functions as #krate::__private::#definer<_>>::definition()),*]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(tokens: TokenStream) -> String {
        list(Kind::Resource, tokens).to_string().replace(' ', "")
    }

    #[test]
    fn a_list_is_an_array_of_definitions() {
        assert_eq!(
            expanded(quote!([k] config, a::b,)),
            "{[<configask::__private::Resource<_>>::definition(),<a::bask::__private::Resource<_>>::definition()]}"
        );
        assert_eq!(expanded(quote!([::kaa_ext])), "{[]}");
    }

    #[test]
    fn each_kind_has_its_list() {
        for (kind, definer) in [(Kind::Listener, "Listener"), (Kind::Service, "TargetedService")] {
            let text = list(kind, quote!([k] config)).to_string().replace(' ', "");
            assert_eq!(text, format!("{{[<configask::__private::{definer}<_>>::definition()]}}"));
        }
    }

    #[test]
    fn the_second_of_two_equal_names_is_refused() {
        let text = expanded(quote!([k] a::b, b, a :: b));
        assert!(text.contains("`a::b`isinthislistalready"), "{text}");
        assert_eq!(text.matches("compile_error").count(), 1);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for tokens in [quote!([k] "config"), quote!([k] config()), quote!([k] a b), quote!([k], a)] {
            let text = expanded(tokens);
            assert!(text.contains("expectedthenamesofresources"), "{text}");
        }
    }
}
