//! `resources![config, module::applied]`: the definitions of these resources, as an array.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Path, Result, Token, bracketed};

/// `[path::to::kaa_ext] config, module::applied`: kaa-ext's own macro puts its `$crate` in front, so
/// the list works under any name of the crate.
struct List {
    krate: Path,
    resources: Punctuated<Path, Token![,]>,
}

impl Parse for List {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let krate;
        bracketed!(krate in input);
        Ok(Self {
            krate: krate.call(Path::parse_mod_style)?,
            resources: Punctuated::parse_terminated(input)?,
        })
    }
}

pub(crate) fn resources(tokens: TokenStream) -> TokenStream {
    let List { krate, resources } = match syn::parse2(tokens) {
        Ok(list) => list,
        Err(problem) => {
            let expected = "expected the names of resources, such as `resources![config, module::applied]`";
            return Error::new(problem.span(), expected).to_compile_error();
        }
    };
    let mut listed = Vec::new();
    let mut mistakes = Vec::new();
    for resource in &resources {
        let name = resource.to_token_stream().to_string().replace(' ', "");
        if listed.contains(&name) {
            let message = format!("`{name}` is in this list already; expected it once");
            mistakes.push(Error::new_spanned(resource, message).to_compile_error());
        }
        listed.push(name);
    }
    let resources = resources.iter();
    quote!({
        #(#mistakes)*
        [#(<#resources as #krate::__private::Resource<_>>::definition()),*]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(tokens: TokenStream) -> String {
        resources(tokens).to_string().replace(' ', "")
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
