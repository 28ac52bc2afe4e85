//! Names of the author and names of the expansion do not meet.

use kaa_ext::prelude::*;
use kaa_ext::protocol::cdtp::ConfigRequest;
use kaa_ext::testing::TestKaa;

/// These have the names that generic parameters and local variables of an expansion might have.
mod crowded {
    use kaa_ext::prelude::*;
    use kaa_ext::protocol::cdtp::{ConfigRequest, ConfigResponse, ConfigUpdated};

    pub(crate) type Message = ConfigUpdated;
    pub(crate) type Output = Result<Response, Handler>;
    pub(crate) type Response = ConfigResponse;
    pub(crate) type Handler = Failure;
    pub(crate) struct Argument1(String);

    #[expect(non_upper_case_globals, dead_code, reason = "a constant would capture a pattern of this name")]
    mod constants {
        pub(crate) const request: u8 = 1;
        pub(crate) static event: u8 = 2;
        pub(crate) const call: u8 = 3;
    }
    #[expect(unused_imports, reason = "they are only there to be in the way")]
    use constants::{call, event, request};

    impl<T: Sync> FromRequest<T> for Argument1 {
        type Rejection = Failure;

        async fn from_request(asked: &Request, _: &T) -> Result<Self, Failure> {
            Ok(Self(asked.correlation_id().to_owned()))
        }
    }

    #[listener]
    pub(crate) async fn definition(_: Event<Message>, Argument1(_state): Argument1) -> Result<(), Handler> {
        Ok(())
    }

    #[service]
    pub(crate) async fn service(Argument1(failure): Argument1, _: Targeted<ConfigRequest>) -> Output {
        Ok(Response { reason_phrase: Some(failure.into()), ..Response::default() })
    }
}

mod taken {
    use kaa_ext::prelude::*;
    use kaa_ext::protocol::cdtp::ConfigUpdated;
    use kaa_ext::protocol::cmx2cdp::{ConfigRequest, ConfigResponse};

    pub(crate) mod updated {}
    pub(crate) mod config {}

    /// Two things are called `updated` among types already; the struct gets another name.
    #[listener(type = UpdatedListener)]
    pub(crate) async fn updated(_: Event<ConfigUpdated>) {}

    #[service(type = ConfigService)]
    pub(crate) async fn config(_: Targeted<ConfigRequest>) -> Result<ConfigResponse, Failure> {
        Ok(ConfigResponse::default())
    }
}

#[tokio::test]
async fn every_one_of_them_is_called() {
    let extension = Extension::new("names")
        .listeners(listeners![crowded::definition])
        .services(services![crowded::service, taken::ConfigService]);
    let kaa = TestKaa::start(extension.build().unwrap()).await;
    let peer = kaa.service("peer");
    let request = ConfigRequest { correlation_id: "question".into(), ..ConfigRequest::default() };
    assert_eq!(peer.request(&request).await.unwrap().reason_phrase.as_deref(), Some("question"));
    peer.publish(&crowded::Message::default()).await;
    let counters = kaa.settled(2).await;
    assert_eq!((counters.answered, counters.silent), (1, 1));
    let elsewhere = Extension::new("names").listeners(listeners![taken::UpdatedListener]).build();
    assert!(elsewhere.is_ok());
}
