//! What no handler escapes: its deadline, and the net under its panics.

use std::any::Any;
use std::future::poll_fn;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use kaa_bus::planted;
use tokio::time::{Sleep, sleep_until};

use crate::pipeline::Pipeline;
use crate::reply::Reply;
use crate::request::Request;
use crate::resource::HandlerFuture;
use crate::time::Deadline;

/// A request on its way through the layers to its handler.
///
/// The timer is armed only when the handler has to wait: most are done at the first poll, and a
/// timer costs as much as the rest of this station together.
pub(super) struct Guard {
    stage: Stage,
    deadline: Deadline,
    timer: Option<Pin<Box<Sleep>>>,
}

enum Stage {
    Running(HandlerFuture),
    /// Not even a future came of it, or there is none any more.
    Interrupted(Option<Interrupted>),
}

/// Why a handler gave no reply.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Interrupted {
    /// It panicked, with this message.
    Panicked(String),
    /// Its deadline passed.
    TimedOut,
}

impl Guard {
    /// Calls the layers, which say what is to be waited for.
    pub(super) fn start(pipeline: &Pipeline, request: Request) -> Self {
        let deadline = request.deadline();
        let called = if request.trace().is_none() {
            catch_unwind(AssertUnwindSafe(|| pipeline.handle(request)))
        } else {
            handle_traced(pipeline, request)
        };
        let stage = match called {
            Ok(handler) => Stage::Running(handler),
            // A layer may panic before there is a future.
            Err(panic) => Stage::Interrupted(Some(Interrupted::Panicked(message(&*panic)))),
        };
        Self { stage, deadline, timer: None }
    }

    /// Drops what is left of a handler that is not done. What it holds may panic when it is dropped,
    /// which must not reach the task that receives.
    fn let_go(&mut self) {
        let handler = mem::replace(&mut self.stage, Stage::Interrupted(None));
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| drop(handler))) {
            tracing::error!("a handler panicked while it was dropped: {}", message(&*panic));
        }
    }
}

impl Stage {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Reply, Interrupted>> {
        match self {
            Self::Running(handler) => handler.as_mut().poll(context).map(|Ok(reply)| Ok(reply)),
            Self::Interrupted(why) => why.take().map_or(Poll::Pending, |why| Poll::Ready(Err(why))),
        }
    }
}

impl Future for Guard {
    type Output = Result<Reply, Interrupted>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // A handler that panicked is never polled again, so nothing of it can be seen half done.
        match catch_unwind(AssertUnwindSafe(|| self.stage.poll(context))) {
            Err(panic) if planted!("a panic ends the worker") => resume_unwind(panic),
            Err(panic) => {
                self.let_go();
                return Poll::Ready(Err(Interrupted::Panicked(message(&*panic))));
            }
            Ok(Poll::Ready(result)) => return Poll::Ready(result),
            Ok(Poll::Pending) => {}
        }
        let deadline = self.deadline.at();
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        ready!(timer.as_mut().poll(context));
        self.let_go();
        Poll::Ready(Err(Interrupted::TimedOut))
    }
}

/// Calls the layers in the span and in the trace of the request. Out of the way: most requests have neither.
#[cold]
fn handle_traced(pipeline: &Pipeline, request: Request) -> std::thread::Result<HandlerFuture> {
    catch_unwind(AssertUnwindSafe(|| {
        let Some(trace) = request.trace().cloned() else { return pipeline.handle(request) };
        let mut handler = trace.run(|| pipeline.handle(request));
        let traced = poll_fn(move |context| trace.run(|| handler.as_mut().poll(context)));
        Box::pin(traced) as HandlerFuture
    }))
}

/// What a panic said.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_owned()
}
