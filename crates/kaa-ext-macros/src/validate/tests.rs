use proc_macro2::TokenStream;

use super::*;

/// Every mistake in a resource, as text.
fn mistakes(attribute: TokenStream, function: TokenStream) -> Vec<String> {
    mistakes_in(Kind::Resource, attribute, function)
}

fn mistakes_in(kind: Kind, attribute: TokenStream, function: TokenStream) -> Vec<String> {
    let (attribute, mistake) = Attribute::parse(kind, attribute);
    assert!(mistake.is_none());
    let function = Function::parse(kind, function).unwrap();
    match validate(kind, &attribute, &function) {
        Ok(_) => Vec::new(),
        Err(mistakes) => mistakes.iter().map(ToString::to_string).collect(),
    }
}

/// The arguments from left to right, and what the function returns.
fn taken(handler: &Handler<'_>) -> (Vec<String>, String) {
    let arguments = handler.arguments.iter().map(|argument| match argument {
        Argument::Required { name, ty } => quote!(required #name #ty),
        Argument::Optional { name, ty } => quote!(optional #name #ty),
        Argument::Extractor { ty } => quote!(extractor #ty),
        Argument::Message(Message::Event(ty)) => quote!(event #ty),
        Argument::Message(Message::Targeted(ty)) => quote!(targeted #ty),
    });
    (arguments.map(|argument| argument.to_string()).collect(), handler.output.to_string())
}

#[test]
fn arguments_are_matched_by_name_whatever_their_order() {
    let (attribute, _) = Attribute::parse(Kind::Resource, quote!("/a/{type}[/{config_name}]"));
    let function = quote! {
        async fn f(
            Json(body): Json<Body>,
            mut config_name: Option<ConfigName>,
            State(type_): State<Types>,
            r#type: Type,
        ) -> () {}
    };
    let function = Function::parse(Kind::Resource, function).unwrap();
    let resource = validate(Kind::Resource, &attribute, &function).unwrap();
    assert_eq!(
        taken(&resource).0,
        [
            "extractor Json < Body >",
            "optional \"config_name\" ConfigName",
            "extractor State < Types >",
            "required \"type\" Type",
        ]
    );
    let Trigger::Path { patterns, .. } = resource.trigger else { panic!("not called for a path") };
    assert_eq!(patterns, ["/a/{type}", "/a/{type}/{config_name}"]);
}

#[test]
fn a_message_is_found_wherever_it_stands() {
    for (kind, function, expected, output) in [
        (
            Kind::Listener,
            quote!(
                async fn f(State(app): State<App>, Event(event): kaa_ext::extract::Event<a::Updated>) {}
            ),
            ["extractor State < App >", "event a :: Updated"],
            "()",
        ),
        (
            Kind::Service,
            quote!(
                async fn f(Targeted(request): Targeted<Asked>, deadline: Deadline) -> Result<A, Failure> {}
            ),
            ["targeted Asked", "extractor Deadline"],
            "Result < A , Failure >",
        ),
    ] {
        let attribute = Attribute::default();
        let function = Function::parse(kind, function).unwrap();
        let handler = validate(kind, &attribute, &function).unwrap();
        assert_eq!(taken(&handler), (expected.map(str::to_owned).to_vec(), output.to_owned()));
    }
}

#[test]
fn one_mistake_about_a_message_is_told_once() {
    use Kind::{Listener, Resource, Service};
    for (kind, function, expected) in [
        (
            Listener,
            quote!(
                async fn f() {}
            ),
            "which event it hears; expected an argument `Event(event): Event<T>`",
        ),
        (
            Listener,
            quote!(
                async fn f(_: Option<Event<A>>) {}
            ),
            "which event it hears",
        ),
        (
            Listener,
            quote!(
                async fn f(_: Event<A>, _: Event<B>) {}
            ),
            "one message at a time; expected a listener of its own",
        ),
        (
            Listener,
            quote!(
                async fn f(_: Targeted<A>) {}
            ),
            "a listener hears an `Event<T>`; expected `#[service]`, which answers a `Targeted<T>`",
        ),
        (
            Listener,
            quote!(
                async fn f(_: Event<A>, _: Targeted<B>) {}
            ),
            "a listener hears an `Event<T>`",
        ),
        (
            Listener,
            quote!(
                async fn f(_: Event<A>) -> impl Outcome {}
            ),
            "expected no return type, or `-> Result<(), E>`",
        ),
        (
            Service,
            quote!(
                async fn f() -> Result<A, E> {}
            ),
            "which request it answers",
        ),
        (
            Service,
            quote!(
                async fn f(_: Event<A>) -> Result<A, E> {}
            ),
            "a service answers a `Targeted<T>`; expected `#[listener]`, which hears an `Event<T>`",
        ),
        (
            Service,
            quote!(
                async fn f(_: Targeted<A>) {}
            ),
            "expected the return type `-> Result<T, E>`",
        ),
        (
            Resource,
            quote!(
                async fn f(_: Event<A>) -> () {}
            ),
            "a resource answers a device; expected `#[listener]`, which hears an `Event<T>`",
        ),
        (
            Resource,
            quote!(
                async fn f(_: Targeted<A>) -> () {}
            ),
            "expected `#[service]`, which answers a `Targeted<T>`",
        ),
    ] {
        let attribute = if kind == Resource { quote!("/a") } else { quote!() };
        let told = mistakes_in(kind, attribute, function);
        assert!(matches!(&*told, [one] if one.contains(expected)), "{told:?}");
    }
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
