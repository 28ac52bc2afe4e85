use proc_macro2::TokenStream;
use syn::parse2;

use super::*;

/// Every mistake in a resource, as text.
fn mistakes(attribute: TokenStream, function: TokenStream) -> Vec<String> {
    let (attribute, mistake) = Attribute::parse(attribute);
    assert!(mistake.is_none());
    let function: Function = parse2(function).unwrap();
    match validate(&attribute, &function) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn arguments_are_matched_by_name_whatever_their_order() {
    let (attribute, _) = Attribute::parse(quote!("/a/{type}[/{config_name}]"));
    let function: Function = parse2(quote! {
        async fn f(
            Json(body): Json<Body>,
            mut config_name: Option<ConfigName>,
            State(type_): State<Types>,
            r#type: Type,
        ) -> () {}
    })
    .unwrap();
    let resource = validate(&attribute, &function).unwrap();
    let kinds: Vec<String> = resource
        .arguments
        .iter()
        .map(|argument| match argument {
            Argument::Required { name, ty } => quote!(required #name #ty).to_string(),
            Argument::Optional { name, ty } => quote!(optional #name #ty).to_string(),
            Argument::Extractor { ty } => quote!(extractor #ty).to_string(),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            "extractor Json < Body >",
            "optional \"config_name\" ConfigName",
            "extractor State < Types >",
            "required \"type\" Type",
        ]
    );
    assert_eq!(resource.patterns, ["/a/{type}", "/a/{type}/{config_name}"]);
}

#[test]
fn one_mistake_is_told_once() {
    for (attribute, function, expected) in [
        (
            quote!("/a"),
            quote!(
                fn f() -> () {}
            ),
            "found `fn f`",
        ),
        (
            quote!("/a"),
            quote!(
                const fn f() -> () {}
            ),
            "found `const fn f`",
        ),
        (
            quote!("/a"),
            quote!(
                async unsafe fn f() -> () {}
            ),
            "found `async unsafe fn f`",
        ),
        (
            quote!("/a"),
            quote!(
                async extern "C" fn f() -> () {}
            ),
            "found `async extern \"C\" fn f`",
        ),
        (
            quote!("/a"),
            quote!(
                async fn f<T>(a: T) -> () {}
            ),
            "not generic, since",
        ),
        (
            quote!("/a"),
            quote!(
                async fn f<const N: usize>(a: [u8; N]) -> () {}
            ),
            "not generic, since",
        ),
        (
            quote!("/a"),
            quote!(
                async fn f<'a>(a: Json<A<'a>>) -> () {}
            ),
            "no lifetimes",
        ),
        (
            quote!("/{a}"),
            quote!(
                async fn f(a: &str) -> () {}
            ),
            "owns its value",
        ),
        (
            quote!("/a"),
            quote!(
                async fn f() -> ()
                where
                    u8: Copy,
                {
                }
            ),
            "no `where` clause",
        ),
        (
            quote!("/a"),
            quote!(
                async fn f(&self) -> () {}
            ),
            "instead of `self`",
        ),
        (
            quote!("/a"),
            quote!(
                async fn f(a: impl Copy) -> () {}
            ),
            "does not say what to extract",
        ),
        (
            quote!("/a"),
            quote!(
                async fn f(#[cfg(unix)] a: A) -> () {}
            ),
            "cannot come and go",
        ),
        (
            quote!("/a"),
            quote!(
                async fn f() {}
            ),
            "`f` does not say what it answers",
        ),
        (
            quote!("/a"),
            quote!(
                async fn f() -> Json<impl Serialize> {}
            ),
            "behind `impl Trait`",
        ),
        (
            quote!("/a/"),
            quote!(
                async fn f() -> () {}
            ),
            "must not end with `/`",
        ),
        (
            quote!("/{a}"),
            quote!(
                async fn f() -> () {}
            ),
            "expected an argument `a: …`",
        ),
        (
            quote!("/a[/{b}]"),
            quote!(
                async fn f() -> () {}
            ),
            "expected an argument `b: Option<…>`",
        ),
        (
            quote!("/{name}"),
            quote!(
                async fn f(nam: String) -> () {}
            ),
            "did you mean `name: …` here?",
        ),
        (
            quote!("/{name}"),
            quote!(
                async fn f(name: Option<u8>) -> () {}
            ),
            "`{name}` is always there",
        ),
        (
            quote!("/a[/{b}]"),
            quote!(
                async fn f(b: u8) -> () {}
            ),
            "expected `b: Option<…>`",
        ),
    ] {
        let told = mistakes(attribute, function);
        assert!(matches!(&*told, [one] if one.contains(expected)), "{told:?}");
    }
}

#[test]
fn all_mistakes_are_told_together() {
    let told = mistakes(
        quote!("/{a}/{b}"),
        quote!(
            fn f<T>(b: Option<u8>) {}
        ),
    );
    assert_eq!(told.len(), 5, "{told:?}");
}

#[test]
fn an_argument_of_another_parameter_is_not_meant() {
    let told = mistakes(
        quote!("/{name1}/{name2}"),
        quote!(
            async fn f(name2: u8) -> () {}
        ),
    );
    assert!(matches!(&*told, [one] if one.contains("expected an argument `name1: …`")), "{told:?}");
}
