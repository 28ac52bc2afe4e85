//! `#[derive(Settings)]`: the fields of a configuration with their documentation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Field, Fields, Ident, Lit, LitStr, Meta, Result, parse_quote,
};

/// `private` is where the derived code finds what it calls.
pub(crate) fn derive(tokens: TokenStream, private: &TokenStream) -> TokenStream {
    let expanded = syn::parse2(tokens).and_then(|input| expand(input, private));
    expanded.unwrap_or_else(|mistake| mistake.to_compile_error())
}

fn expand(mut input: DeriveInput, private: &TokenStream) -> Result<TokenStream> {
    let fields = fields(&input)?;
    let mut entries = Vec::new();
    for (name, field) in &fields {
        let (doc, Names { variable, flag }, ty) = (doc(&field.attrs), names(&field.attrs)?, &field.ty);
        // `r#type` is the entry `type`.
        let name = name.to_string().trim_start_matches("r#").to_owned();
        let (variable, flag) = (option(variable.as_ref()), option(flag.as_ref()));
        entries.push(quote! {
            #private::Entry {
                name: #name,
                doc: #doc,
                variable: #variable,
                flag: #flag,
                below: || {
                    #[allow(unused_imports)]
                    use #private::Otherwise as _;
                    #private::Of::<#ty>::entries()
                },
            }
        });
    }
    for parameter in input.generics.type_params_mut() {
        parameter.bounds.push(parse_quote!(#private::Settings));
    }
    let (name, (generics, arguments, condition)) = (&input.ident, input.generics.split_for_impl());
    Ok(quote! {
        #[automatically_derived]
        impl #generics #private::Settings for #name #arguments #condition {
            const ENTRIES: &'static [#private::Entry] = &[#(#entries),*];
        }
    })
}

/// The fields of a struct, or of all variants of an enum; those of one name count once.
fn fields(input: &DeriveInput) -> Result<Vec<(&Ident, &Field)>> {
    let each: Vec<&Fields> = match &input.data {
        Data::Struct(data) => vec![&data.fields],
        Data::Enum(data) => data.variants.iter().map(|variant| &variant.fields).collect(),
        Data::Union(_) => Vec::new(),
    };
    let is_wrong = |fields: &&Fields| matches!(fields, Fields::Unnamed(_));
    if each.is_empty() || each.iter().any(is_wrong) {
        let message = "the entries of a configuration have names; expected a struct with named fields, or an enum \
                       of such variants";
        return Err(Error::new_spanned(&input.ident, message));
    }
    let mut found: Vec<(&Ident, &Field)> = Vec::new();
    for field in each.into_iter().flat_map(Fields::iter) {
        let Some(name) = &field.ident else { continue };
        if found.iter().all(|(other, _)| *other != name) {
            found.push((name, field));
        }
    }
    Ok(found)
}

/// The first paragraph of the documentation, on one line.
fn doc(attributes: &[Attribute]) -> String {
    let mut words = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        let Meta::NameValue(meta) = &attribute.meta else { continue };
        let Expr::Lit(literal) = &meta.value else { continue };
        let Lit::Str(line) = &literal.lit else { continue };
        let line = line.value();
        if line.trim().is_empty() {
            break;
        }
        words.extend(line.split_whitespace().map(str::to_owned));
    }
    words.join(" ")
}

#[derive(Default)]
struct Names {
    variable: Option<LitStr>,
    flag: Option<LitStr>,
}

/// `#[setting(variable = "…", flag = "--…")]` on a field.
fn names(attributes: &[Attribute]) -> Result<Names> {
    let mut names = Names::default();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("setting")) {
        attribute.parse_nested_meta(|meta| {
            let name = |meta: &syn::meta::ParseNestedMeta<'_>| meta.value()?.parse::<LitStr>();
            if meta.path.is_ident("variable") {
                names.variable = Some(name(&meta)?);
            } else if meta.path.is_ident("flag") {
                let flag = name(&meta)?;
                if !flag.value().starts_with("--") {
                    return Err(Error::new_spanned(flag, "a flag begins with two dashes: `--name`"));
                }
                names.flag = Some(flag);
            } else {
                return Err(meta.error("`#[setting]` takes `variable = \"NAME\"` and `flag = \"--name\"`"));
            }
            Ok(())
        })?;
    }
    Ok(names)
}

fn option(name: Option<&LitStr>) -> TokenStream {
    name.map_or_else(
        || quote!(::core::option::Option::None),
        |name| quote!(::core::option::Option::Some(#name)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(tokens: TokenStream) -> String {
        derive(tokens, &quote!(private)).to_string()
    }

    #[test]
    fn an_entry_has_the_first_paragraph_of_its_documentation_and_its_names() {
        let text = derived(quote! {
            struct Heating {
                /// How long it rests
                /// after a failure.
                ///
                /// Nothing else.
                #[setting(variable = "REST", flag = "--rest")]
                r#type: Duration,
            }
        });
        for part in [
            "name : \"type\"",
            "doc : \"How long it rests after a failure.\"",
            "Some (\"REST\")",
            "Some (\"--rest\")",
            "Of :: < Duration > :: entries ()",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn an_enum_has_the_entries_of_all_its_variants_once() {
        let text = derived(quote!(
            enum Login {
                Nobody {},
                Asked { timeout: u8 },
                Listed { timeout: u8, names: u8 },
            }
        ));
        assert_eq!(
            (text.matches("\"timeout\"").count(), text.matches("\"names\"").count()),
            (1, 1),
            "{text}"
        );
    }

    #[test]
    fn a_mistake_is_told_once_with_what_was_expected() {
        for (tokens, expected) in [
            (
                quote!(
                    struct Heating(u8);
                ),
                "expected a struct with named fields",
            ),
            (
                quote!(
                    struct Heating {
                        #[setting(env = "A")]
                        a: u8,
                    }
                ),
                "takes `variable",
            ),
            (
                quote!(
                    struct Heating {
                        #[setting(flag = "a")]
                        a: u8,
                    }
                ),
                "two dashes",
            ),
        ] {
            let text = derived(tokens);
            assert!(text.contains(expected), "{text}");
            assert_eq!(text.matches("compile_error").count(), 1, "{text}");
        }
    }
}
