//! Names of the author and names of the expansion do not meet.

use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;

#[resource("/config")]
async fn config() -> &'static str {
    "config"
}

#[resource("/call/{handler}")]
async fn call(handler: String) -> String {
    handler
}

#[resource("/definition")]
async fn definition() -> &'static str {
    "definition"
}

#[resource("/answer/{request}[/{state}]")]
async fn answer(request: u8, state: Option<u8>, failure: Request) -> String {
    format!("{request} {state:?} {}", failure.resource_path())
}

/// These have the names that generic parameters and local variables of an expansion might have.
mod crowded {
    use kaa_ext::prelude::*;

    pub(crate) struct S(String);
    pub(crate) struct Argument0;
    pub(crate) type Output = Result<String, Failure>;
    pub(crate) enum Handler {}

    #[expect(non_upper_case_globals, dead_code, reason = "a constant would capture a pattern of this name")]
    mod constants {
        pub(crate) const request: u8 = 1;
        pub(crate) static state: u8 = 2;
        pub(crate) const argument0: u8 = 3;
        pub(crate) const value: u8 = 4;
    }
    #[expect(unused_imports, reason = "they are only there to be in the way")]
    use constants::{argument0, request, state, value};

    impl<T: Sync> FromRequest<T> for S {
        type Rejection = Failure;

        async fn from_request(asked: &Request, _: &T) -> Result<Self, Failure> {
            Ok(Self(asked.resource_path().to_owned()))
        }
    }

    impl<T: Sync> FromRequest<T> for Argument0 {
        type Rejection = Failure;

        async fn from_request(_: &Request, _: &T) -> Result<Self, Failure> {
            Ok(Self)
        }
    }

    impl IntoReply for Handler {
        fn into_reply(self) -> Result<Reply, Failure> {
            match self {}
        }
    }

    #[resource("/crowded/{name}")]
    pub(crate) async fn crowded(name: String, S(path): S, _: Argument0) -> Output {
        Ok(format!("{name} of {path}"))
    }

    #[resource("/refused")]
    pub(crate) async fn refused() -> Result<Handler, Failure> {
        Err(Failure::not_found("nothing here"))
    }
}

mod taken {
    use kaa_ext::prelude::*;

    pub(crate) struct Settings;
    pub(crate) mod settings {}

    /// Two things are called `settings` among types already; the struct gets another name.
    #[resource("/settings", type = SettingsResource)]
    pub(crate) async fn settings(_: Option<Payload>) -> &'static str {
        let _ = Settings;
        "settings"
    }
}

/// More than the twelve that traits over tuples usually stop at.
#[resource("/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}")]
#[expect(clippy::too_many_arguments, clippy::many_single_char_names, reason = "many are the point")]
async fn many(
    a: u8,
    b: u8,
    c: u8,
    d: u8,
    e: u8,
    f: u8,
    g: u8,
    h: u8,
    endpoint: EndpointId,
    version: AppVersion,
    path: ResourcePath,
    payload: Payload,
    session: Session,
    deadline: Deadline,
) -> String {
    let _ = (version, session, deadline);
    format!("{} {endpoint} {path} {}", a + b + c + d + e + f + g + h, payload.0.len())
}

#[tokio::test]
async fn every_one_of_them_answers() {
    let resources = resources![
        config,
        call,
        definition,
        answer,
        crowded::crowded,
        crowded::refused,
        taken::SettingsResource,
        many,
    ];
    let kaa = TestKaa::start(Extension::new("names").resources(resources).build().unwrap()).await;
    let device = kaa.endpoint("ep-1");
    for (path, text) in [
        ("/config", "config"),
        ("/call/me", "me"),
        ("/definition", "definition"),
        ("/answer/1/2", "1 Some(2) /answer/1/2"),
        ("/crowded/x", "x of /crowded/x"),
        ("/settings", "settings"),
        ("/1/2/3/4/5/6/7/8", "36 ep-1 /1/2/3/4/5/6/7/8 0"),
    ] {
        device.request(path).await.assert_status(200).assert_text(text);
    }
    device.request("/refused").await.assert_status(404).assert_reason("nothing here");
}
