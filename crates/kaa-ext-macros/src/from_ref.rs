//! `#[derive(FromRef)]`: each field of the application's state becomes a piece by its type.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Data, DeriveInput, Error, Field, Fields, FieldsNamed, Path, Result};

use crate::definition::private;

pub(crate) fn derive(tokens: TokenStream) -> TokenStream {
    syn::parse2(tokens).and_then(|input| expand(&input)).unwrap_or_else(|mistake| mistake.to_compile_error())
}

fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let fields = named_fields(input)?;
    let private = private(read_crate(&input.attrs)?.as_ref(), Span::call_site());
    let app = &input.ident;
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let mut mistakes = Vec::new();
    for field in &fields.named {
        if read_skip(&field.attrs)? {
            continue;
        }
        let piece = Piece::new(field);
        match pieces.iter().find(|first| first.written == piece.written) {
            Some(first) => mistakes.push(piece.already(first).to_compile_error()),
            None => pieces.push(piece),
        }
    }
    let implementations = pieces.iter().map(|Piece { field, .. }| {
        let Field { ident, ty, .. } = field;
        quote! {
            #[automatically_derived]
            #[allow(deprecated)]
            impl #private::FromRef<#app> for #ty {
                fn from_ref(state: &#app) -> Self {
                    <#ty as ::core::clone::Clone>::clone(&state.#ident)
                }
            }
        }
    });
    Ok(quote!(#(#implementations)* #(#mistakes)*))
}

/// A field that handlers can ask for.
struct Piece<'a> {
    field: &'a Field,
    /// Its type, to compare: two fields of one type could not be told apart.
    written: String,
}

impl<'a> Piece<'a> {
    fn new(field: &'a Field) -> Self {
        Self { field, written: field.ty.to_token_stream().to_string() }
    }

    fn name(&self) -> String {
        self.field.ident.to_token_stream().to_string()
    }

    fn already(&self, first: &Self) -> Error {
        let message = format!(
            "`{}` and `{}` have the same type, so `State<…>` could mean either; \
             expected a type of its own (a newtype), or `#[from_ref(skip)]` on one of them",
            first.name(),
            self.name()
        );
        Error::new_spanned(self.field, message)
    }
}

fn named_fields(input: &DeriveInput) -> Result<&FieldsNamed> {
    let fields = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(fields),
            Fields::Unnamed(_) | Fields::Unit => None,
        },
        Data::Enum(_) | Data::Union(_) => None,
    };
    let Some(fields) = fields else {
        let message = "`FromRef` takes a state apart by its fields; expected a struct with named fields";
        return Err(Error::new_spanned(&input.ident, message));
    };
    if !input.generics.params.is_empty() {
        let message = "an extension has one state type; expected a struct without generic parameters";
        return Err(Error::new_spanned(&input.generics, message));
    }
    Ok(fields)
}

/// `#[from_ref(crate = path)]` on the struct.
fn read_crate(attributes: &[Attribute]) -> Result<Option<Path>> {
    let mut krate = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("from_ref")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("on a struct, `#[from_ref]` takes `crate = path`"));
            }
            krate = Some(meta.value()?.call(Path::parse_mod_style)?);
            Ok(())
        })?;
    }
    Ok(krate)
}

/// `#[from_ref(skip)]` on a field.
fn read_skip(attributes: &[Attribute]) -> Result<bool> {
    let mut skip = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("from_ref")) {
        attribute.parse_nested_meta(|meta| {
            skip = meta.path.is_ident("skip");
            if skip { Ok(()) } else { Err(meta.error("on a field, `#[from_ref]` takes `skip`")) }
        })?;
    }
    Ok(skip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_that_is_not_skipped_is_a_piece() {
        let text = derive(quote! {
            #[from_ref(crate = renamed)]
            struct App { store: Arc<Store>, #[from_ref(skip)] secret: Key, name: &'static str }
        })
        .to_string()
        .replace(' ', "");
        assert!(text.contains("implrenamed::__private::FromRef<App>forArc<Store>"), "{text}");
        assert!(text.contains("for&'staticstr"), "{text}");
        assert!(!text.contains("Key"), "{text}");
    }

    #[test]
    fn a_mistake_is_told_once_with_what_was_expected() {
        for (tokens, expected) in [
            (
                quote!(
                    enum App {
                        A,
                    }
                ),
                "expected a struct with named fields",
            ),
            (
                quote!(
                    struct App(u8);
                ),
                "expected a struct with named fields",
            ),
            (
                quote!(
                    struct App;
                ),
                "expected a struct with named fields",
            ),
            (
                quote!(
                    struct App<T> {
                        store: T,
                    }
                ),
                "without generic parameters",
            ),
            (
                quote!(
                    struct App {
                        a: u8,
                        b: u16,
                        c: u8,
                    }
                ),
                "`a` and `c` have the same type",
            ),
            (
                quote!(
                    #[from_ref(skip)]
                    struct App {
                        a: u8,
                    }
                ),
                "takes `crate = path`",
            ),
            (
                quote!(
                    struct App {
                        #[from_ref(skp)]
                        a: u8,
                    }
                ),
                "takes `skip`",
            ),
        ] {
            let text = derive(tokens).to_string();
            assert!(text.contains(expected), "{text}");
            assert_eq!(text.matches("compile_error").count(), 1, "{text}");
        }
    }
}
