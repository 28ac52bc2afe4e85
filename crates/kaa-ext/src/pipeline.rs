//! The layers around the router, composed once when the extension is built.

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_service::Service;

use crate::reply::Reply;
use crate::request::Request;
use crate::resource::HandlerFuture;
use crate::router::Router;

/// What a [layer](crate::Builder::layer) wraps: the router and the layers added before.
///
/// It is always ready. A layer that limits or buffers is waited for inside the request's own
/// future, so it holds up one endpoint and not the whole extension.
#[derive(Clone)]
pub struct Pipeline(Arc<dyn Stage>);

/// A tower service behind one pointer.
trait Stage: Send + Sync {
    fn call(&self, request: Request) -> HandlerFuture;
}

impl Stage for Router {
    fn call(&self, request: Request) -> HandlerFuture {
        self.route(request)
    }
}

struct Layered<T>(T);

impl<T> Stage for Layered<T>
where
    T: Service<Request, Response = Reply, Error = Infallible> + Clone + Send + Sync + 'static,
    T::Future: Send,
{
    fn call(&self, request: Request) -> HandlerFuture {
        // The clone that becomes ready is the one that is called (tower's contract).
        let mut service = self.0.clone();
        Box::pin(async move {
            poll_fn(|context| service.poll_ready(context)).await?;
            service.call(request).await
        })
    }
}

impl Pipeline {
    pub(crate) fn new(router: Router) -> Self {
        Self(Arc::new(router))
    }

    pub(crate) fn layered<T>(service: T) -> Self
    where
        T: Service<Request, Response = Reply, Error = Infallible> + Clone + Send + Sync + 'static,
        T::Future: Send,
    {
        Self(Arc::new(Layered(service)))
    }

    pub(crate) fn handle(&self, request: Request) -> HandlerFuture {
        self.0.call(request)
    }
}

impl Service<Request> for Pipeline {
    type Response = Reply;
    type Error = Infallible;
    type Future = HandlerFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> HandlerFuture {
        self.handle(request)
    }
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").finish_non_exhaustive()
    }
}
