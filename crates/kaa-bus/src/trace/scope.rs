//! Which trace the code that runs now belongs to.

use std::cell::RefCell;
use std::future::poll_fn;

use super::TraceContext;

thread_local! {
    static CURRENT: RefCell<Option<TraceContext>> = const { RefCell::new(None) };
}

/// The context of what runs on this thread now, which goes into the messages it publishes.
pub fn current() -> Option<TraceContext> {
    CURRENT.with_borrow(Clone::clone)
}

/// Runs something in a context: one poll of a future, not all of it, because another one may run on the thread
/// in between.
pub fn within<T>(context: Option<&TraceContext>, run: impl FnOnce() -> T) -> T {
    let _back = Back(CURRENT.replace(context.cloned()));
    run()
}

/// Takes the context of who calls this along with a future, such as one for a task of its own.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # use kaa_bus::trace;
/// tokio::spawn(trace::carried(async { assert_eq!(trace::current(), None) })).await.unwrap();
/// # }
/// ```
pub fn carried<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let context = current();
    let mut future = Box::pin(future);
    poll_fn(move |cx| within(context.as_ref(), || future.as_mut().poll(cx)))
}

/// Puts back what was there before, also after a panic.
struct Back(Option<TraceContext>);

impl Drop for Back {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    fn context(flags: &str) -> TraceContext {
        let parent = format!("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-{flags}");
        TraceContext::of_headers([parent.as_bytes()], []).unwrap()
    }

    #[test]
    fn contexts_are_nested_and_end_with_a_panic_too() {
        let (outer, inner) = (context("00"), context("01"));
        within(Some(&outer), || {
            within(Some(&inner), || assert_eq!(current(), Some(inner.clone())));
            within(None, || assert_eq!(current(), None));
            let panicked = catch_unwind(AssertUnwindSafe(|| within(Some(&inner), || panic!("a handler"))));
            assert!(panicked.is_err());
            assert_eq!(current(), Some(outer.clone()));
        });
        assert_eq!(current(), None);
    }
}
