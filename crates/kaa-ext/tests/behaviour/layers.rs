//! tower layers around everything.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use kaa_ext::Pipeline;
use kaa_ext::prelude::*;
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service};

use crate::{extension, start};

#[resource("/trail")]
async fn trail(request: Request) -> String {
    request.extensions().get::<Trail>().map(|trail| trail.0.join(" ")).unwrap_or_default()
}

/// The layers a request came through, in order.
#[derive(Clone, Default)]
struct Trail(Vec<&'static str>);

/// Leaves its name in the request.
#[derive(Clone)]
struct Named<S> {
    name: &'static str,
    inner: S,
}

fn named(name: &'static str) -> impl Layer<Pipeline, Service = Named<Pipeline>> + Send + 'static {
    tower::layer::layer_fn(move |inner| Named { name, inner })
}

impl<S> Service<Request> for Named<S>
where
    S: Service<Request, Response = Reply, Error = Infallible>,
{
    type Response = Reply;
    type Error = Infallible;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        assert!(self.name != "panics", "on purpose");
        let mut trail = request.extensions().get::<Trail>().cloned().unwrap_or_default();
        trail.0.push(self.name);
        request.extensions_mut().insert(trail);
        self.inner.call(request)
    }
}

#[tokio::test(start_paused = true)]
async fn the_layer_added_last_sees_a_request_first_and_resources_added_later_are_inside() {
    let builder =
        Extension::new("ext").layer(named("inner")).layer(named("outer")).resources(resources![trail]);
    let kaa = start(builder).await;
    kaa.endpoint("ep-1").request("/trail").await.assert_status(200).assert_text("outer inner");
}

#[tokio::test(start_paused = true)]
async fn the_fallback_is_inside_of_the_layers_and_sees_every_unknown_path() {
    let builder = extension(resources![trail].into())
        .fallback(|request: Request| async move {
            let trail = request.extensions().get::<Trail>().cloned().unwrap_or_default();
            format!("{} {}", request.resource_path(), trail.0.join(" "))
        })
        .layer(named("layer"));
    let kaa = start(builder).await;
    kaa.endpoint("ep-1").request("/none/such").await.assert_status(200).assert_text("/none/such layer");
    assert_eq!(kaa.counters().unrouted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_panics_is_500() {
    let kaa = start(extension(resources![trail].into()).layer(named("panics"))).await;
    kaa.endpoint("ep-1").request("/trail").await.assert_status(500);
    assert_eq!(kaa.counters().panicked, 1);
}

#[derive(Clone)]
struct Inside(Arc<tokio::sync::Semaphore>);

#[resource("/slow", state = Inside)]
async fn slow(State(inside): State<Inside>) -> String {
    inside.0.acquire().await.unwrap().forget();
    "done".to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_layer_that_is_not_ready_holds_up_its_request_and_nobody_else() {
    let inside = Inside(Arc::new(tokio::sync::Semaphore::new(0)));
    let extension = Extension::new("ext")
        .state(inside.clone())
        .resources(resources![slow])
        .layer(ConcurrencyLimitLayer::new(1))
        .build()
        .unwrap();
    let kaa = kaa_ext::testing::TestKaa::start(extension).await;
    kaa.endpoint("ep-1").request("/slow").send().await;
    kaa.endpoint("ep-2").request("/slow").send().await;
    // Both are taken in, although the limit lets only one of them through.
    while kaa.counters().received < 2 {
        tokio::task::yield_now().await;
    }
    inside.0.add_permits(2);
    assert_eq!(kaa.settled(2).await.answered, 2);
}

/// A handler future is what a plain tower service may return, too.
#[tokio::test(start_paused = true)]
async fn a_layer_may_answer_by_itself() {
    #[derive(Clone)]
    struct Closed;

    impl Service<Request> for Closed {
        type Response = Reply;
        type Error = Infallible;
        type Future = Pin<Box<dyn Future<Output = Result<Reply, Infallible>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request) -> Self::Future {
            Box::pin(async { Ok(Failure::unavailable("closed for lunch").into()) })
        }
    }

    let kaa = start(extension(resources![trail].into()).layer(tower::layer::layer_fn(|_| Closed))).await;
    kaa.endpoint("ep-1").request("/trail").await.assert_status(503).assert_reason("closed for lunch");
}
