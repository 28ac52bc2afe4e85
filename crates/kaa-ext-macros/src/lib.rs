//! The macros of `kaa-ext`. Use them through that crate, which documents them with examples.
//!
//! ```text
//! #[resource("/config/json[/{config_name}]")]   attribute ─┐
//!                                                   path   ├─ validate ─ expand ─ struct and impl
//! async fn config(config_name: Option<…>, …)    function ──┘      │        │
//!                                                            arguments  definition
//!                                        (similar: did you mean) │        │
//!                                                             message    call
//! resources![config, applied]                   list
//! #[derive(FromRef)] struct App { … }           from_ref
//! #[derive(Settings)] struct Heating { … }      settings
//! ```
//!
//! `#[listener]` and `#[service]` go the same way: a message in place of the path. Where the three
//! differ in words or names, `kind` has them.
//!
//! Everything but the entry points works on `proc_macro2` types and is tested as plain functions; what
//! the compiler makes of it is tested in `kaa-ext` (`tests/resource_macro`, `tests/message_macros`, and
//! in `tests/ui` what is said about each mistake).

mod arguments;
mod attribute;
mod call;
mod definition;
mod expand;
mod from_ref;
mod function;
mod kind;
mod list;
mod message;
mod path;
mod settings;
mod similar;
mod validate;

use proc_macro::TokenStream;

use kind::Kind;

/// Makes an async function a resource: what an extension answers on a path.
///
/// ```
/// # extern crate renamed as kaa_ext;
/// use kaa_ext::prelude::*;
///
/// /// Greets, politely if asked to.
/// #[resource("/greet/{name}[/{manner}]")]
/// async fn greet(
///     name: String,
///     manner: Option<String>,
///     endpoint: EndpointId,
///     State(greeting): State<&'static str>,
/// ) -> Result<String, Failure> {
///     match manner.as_deref() {
///         None => Ok(format!("{greeting}, {name}!")),
///         Some("polite") => Ok(format!("{greeting}, dear {name} at {endpoint}!")),
///         Some(other) => Err(Failure::not_found(format!("{other:?} is no manner"))),
///     }
/// }
///
/// # fn build() -> Result<Extension, kaa_ext::BuildError> {
/// Extension::new("greeter").state("Hello").resources(resources![greet]).build()
/// # }
/// ```
///
/// The function stays what it is and can be called. Beside it stands an empty struct of the same
/// name, by which `resources![greet]` finds it; importing the function imports both.
///
/// # The path
///
/// One or more segments, each `/` and either text or a parameter `{name}`; then, in brackets, parts
/// that may be absent, one inside the other: `/a/{b}[/{c}[/d]]`. Text is any visible characters
/// except `{ } [ ] * + ? #`. Paths are compared exactly.
///
/// # The arguments
///
/// An argument with the name of a parameter gets that segment, parsed into its type: `T` when it is
/// always there, `Option<T>` when it stands in brackets. Every other argument is an extractor. They
/// are taken from left to right, and the first that refuses decides the answer.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `state = App` | the resource works with this state type only; needed for an extractor that is implemented for one state type, and where `State<T>` goes by another name |
/// | `type = ConfigResource` | the struct's name, when the function's name is taken by a type or a module; `resources!` takes this name then |
/// | `crate = path` | where `kaa-ext` is, when it is not `::kaa_ext` |
#[proc_macro_attribute]
pub fn resource(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Kind::Resource, attribute.into(), &item.into()).into()
}

/// The procedural half of `kaa_ext::resources!`, which puts `[$crate]` before the list.
#[doc(hidden)]
#[proc_macro]
pub fn resources(list: TokenStream) -> TokenStream {
    list::list(Kind::Resource, list.into()).into()
}

/// Makes an async function a listener: what an extension does when something happened elsewhere.
///
/// ```
/// # extern crate renamed as kaa_ext;
/// use std::collections::HashSet;
/// use std::sync::{Arc, Mutex};
///
/// use kaa_ext::prelude::*;
/// use kaa_ext::protocol::cdtp::ConfigUpdated;
/// use kaa_ext::protocol::elce::DisconnectedEvent;
///
/// type Cache = Arc<Mutex<HashSet<String>>>;
///
/// /// Whatever replica hears of it takes note.
/// #[listener]
/// async fn updated(Event(event): Event<ConfigUpdated>, State(cache): State<Cache>) -> Result<(), Failure> {
///     let mut cache = cache.lock().map_err(|_| Failure::unavailable("ask again later"))?;
///     cache.insert(event.endpoint_id.to_string());
///     Ok(())
/// }
///
/// /// Every replica forgets those who are gone.
/// #[listener(delivery = every_replica)]
/// async fn gone(Event(event): Event<DisconnectedEvent>, State(cache): State<Cache>) {
///     if let Ok(mut cache) = cache.lock() {
///         for endpoint in event.endpoints.keys() {
///             cache.remove(endpoint);
///         }
///     }
/// }
///
/// # fn build() -> Result<Extension, kaa_ext::BuildError> {
/// Extension::new("cmx").state(Cache::default()).listeners(listeners![updated, gone]).build()
/// # }
/// ```
///
/// As with [`macro@resource`], the function stays what it is, and an empty struct of the same name
/// stands beside it.
///
/// # The arguments
///
/// One argument is an `Event<T>`: `T` says which event is heard, and with it the subject. All others
/// are extractors too. They are taken from left to right, and the first that refuses ends it.
///
/// # What it returns
///
/// Nothing, or `Result<(), E>`. Nobody is answered; an error is logged and counted, and has the status
/// of the confirmation if the sender asked for one.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `delivery = every_replica` | every replica of the extension hears the event; without it (or with `one_replica`), one of them does |
/// | `ignore_own` | what this very replica sent is not heard |
/// | `state = App` | the listener works with this state type only; needed for an extractor that is implemented for one state type, and where `State<T>` goes by another name |
/// | `type = UpdatedListener` | the struct's name, when the function's name is taken by a type or a module; `listeners!` takes this name then |
/// | `crate = path` | where `kaa-ext` is, when it is not `::kaa_ext` |
#[proc_macro_attribute]
pub fn listener(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Kind::Listener, attribute.into(), &item.into()).into()
}

/// The procedural half of `kaa_ext::listeners!`, which puts `[$crate]` before the list.
#[doc(hidden)]
#[proc_macro]
pub fn listeners(list: TokenStream) -> TokenStream {
    list::list(Kind::Listener, list.into()).into()
}

/// Makes an async function a service: what an extension answers when another service asks it.
///
/// ```
/// # extern crate renamed as kaa_ext;
/// use std::collections::HashMap;
/// use std::sync::Arc;
///
/// use kaa_ext::prelude::*;
/// use kaa_ext::protocol::Bytes;
/// use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse};
///
/// type Configurations = Arc<HashMap<String, Bytes>>;
///
/// /// The configuration of an endpoint.
/// #[service]
/// async fn config(
///     Targeted(request): Targeted<ConfigRequest>,
///     State(configurations): State<Configurations>,
/// ) -> Result<ConfigResponse, Failure> {
///     let Some(content) = configurations.get(&*request.endpoint_id) else {
///         return Err(Failure::not_found("there is no configuration for this endpoint"));
///     };
///     Ok(ConfigResponse {
///         app_version_name: request.app_version_name,
///         endpoint_id: request.endpoint_id,
///         content: Some(content.clone()),
///         status_code: 200,
///         ..ConfigResponse::default()
///     })
/// }
///
/// # fn build() -> Result<Extension, kaa_ext::BuildError> {
/// Extension::new("cdp").state(Configurations::default()).services(services![config]).build()
/// # }
/// ```
///
/// As with [`macro@resource`], the function stays what it is, and an empty struct of the same name
/// stands beside it.
///
/// # The arguments
///
/// One argument is a `Targeted<T>`: `T` says which request is answered, and with it the subject. All
/// others are extractors too. They are taken from left to right, and the first that refuses decides the
/// answer.
///
/// # What it returns
///
/// `Result<R, E>`, where `R` is the response to `T`. An error is answered with a response too: one with
/// its status and reason. Correlation ID and timestamp need not be set.
///
/// # Options
///
/// | option | meaning |
/// |---|---|
/// | `state = App` | the service works with this state type only; needed for an extractor that is implemented for one state type, and where `State<T>` goes by another name |
/// | `type = ConfigService` | the struct's name, when the function's name is taken by a type or a module; `services!` takes this name then |
/// | `crate = path` | where `kaa-ext` is, when it is not `::kaa_ext` |
#[proc_macro_attribute]
pub fn service(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(Kind::Service, attribute.into(), &item.into()).into()
}

/// The procedural half of `kaa_ext::services!`, which puts `[$crate]` before the list.
#[doc(hidden)]
#[proc_macro]
pub fn services(list: TokenStream) -> TokenStream {
    list::list(Kind::Service, list.into()).into()
}

/// Makes each field of the application's state a piece that handlers ask for with `State<T>`, `T`
/// being the field's type.
///
/// ```
/// # extern crate renamed as kaa_ext;
/// use std::sync::{Arc, Mutex};
///
/// use kaa_ext::prelude::*;
///
/// #[derive(FromRef)]
/// struct App {
///     seen: Arc<Mutex<Vec<EndpointId>>>,
///     #[from_ref(skip)]
///     version: u64,
/// }
///
/// #[resource("/seen")]
/// async fn seen(State(seen): State<Arc<Mutex<Vec<EndpointId>>>>) -> Result<String, Failure> {
///     let seen = seen.lock().map_err(|_| Failure::unavailable("ask again later"))?;
///     Ok(seen.len().to_string())
/// }
/// ```
///
/// A piece is cloned for every request that asks for it. Two fields cannot have the same type unless
/// one is skipped. `#[from_ref(crate = path)]` on the struct tells where `kaa-ext` is, when it is not
/// `::kaa_ext`.
#[proc_macro_derive(FromRef, attributes(from_ref))]
pub fn from_ref(state: TokenStream) -> TokenStream {
    from_ref::derive(state.into()).into()
}

/// Makes the documentation of the fields of a configuration the text of `--help`. The trait says more.
#[proc_macro_derive(Settings, attributes(setting))]
pub fn derive_settings(input: TokenStream) -> TokenStream {
    settings::derive(input.into(), &definition::private(None, proc_macro2::Span::call_site())).into()
}

/// The same for the crates below `kaa-ext`, which know it as `kaa_process::config::Settings`.
#[proc_macro_derive(ProcessSettings, attributes(setting))]
pub fn derive_process_settings(input: TokenStream) -> TokenStream {
    settings::derive(input.into(), &quote::quote!(::kaa_process::__private)).into()
}
