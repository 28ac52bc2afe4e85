//! Whether the service is ready, by its checks.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::error::Chain;

type Checking = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Something that has to be right for the service to be ready.
pub(super) struct Check {
    name: &'static str,
    run: Box<dyn Fn() -> Checking + Send + Sync>,
}

impl Check {
    pub(super) fn new<F, E>(name: &'static str, check: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + 'static,
    {
        let told = |error: E| format!("{:#}", Chain(&*error.into()));
        let run = move || -> Checking {
            let running = check();
            Box::pin(async move { running.await.map_err(told) })
        };
        Self { name, run: Box::new(run) }
    }

    async fn run(&self, deadline: Duration) -> Outcome {
        // The check is the service's own code, whose panic is no reason for the port to fall silent.
        let checking = AssertUnwindSafe(async { (self.run)().await }).catch_unwind();
        let error = match timeout(deadline, checking).await {
            Ok(Ok(passed)) => passed.err(),
            Ok(Err(_)) => Some("the check panicked; the log has more".to_owned()),
            Err(_) => Some(format!("not done within {deadline:?}")),
        };
        Outcome { name: self.name, ready: error.is_none(), error }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("name", &self.name).finish_non_exhaustive()
    }
}

/// All checks, and the word of the service itself.
#[derive(Debug)]
pub(super) struct Readiness {
    checks: Vec<Check>,
    deadline: Duration,
    /// Why the service says that it is not ready.
    withheld: watch::Sender<Option<Cow<'static, str>>>,
}

impl Readiness {
    pub(super) fn new(checks: Vec<Check>, deadline: Duration) -> Self {
        Self { checks, deadline, withheld: watch::Sender::new(None) }
    }

    /// Sets or takes back the word of the service.
    pub(super) fn withhold(&self, reason: Option<Cow<'static, str>>) {
        self.withheld.send_replace(reason);
    }

    /// Runs the checks; none when the service itself says that it is not ready.
    pub(super) async fn report(&self) -> Report {
        let reason = self.withheld.borrow().clone();
        if reason.is_some() {
            return Report { ready: false, reason, checks: Vec::new() };
        }
        let checks = join_all(self.checks.iter().map(|check| check.run(self.deadline))).await;
        Report { ready: checks.iter().all(|check| check.ready), reason, checks }
    }
}

/// What is shown of it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'static, str>>,
    checks: Vec<Outcome>,
}

#[derive(Debug, Serialize)]
struct Outcome {
    name: &'static str,
    ready: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no round trip")]
    struct NoRoundTrip(#[source] io::Error);

    async fn shown(checks: Vec<Check>) -> String {
        let readiness = Readiness::new(checks, Duration::from_millis(1500));
        serde_json::to_string(&readiness.report().await).unwrap()
    }

    fn passes() -> Check {
        Check::new("store", async || Ok::<_, io::Error>(()))
    }

    #[tokio::test]
    async fn without_checks_a_service_is_ready() {
        assert_eq!(shown(vec![]).await, r#"{"ready":true,"checks":[]}"#);
    }

    #[tokio::test]
    async fn a_check_that_fails_tells_why_with_its_causes() {
        let fails = Check::new("bus", async || Err(NoRoundTrip(io::Error::other("it is \"away\""))));
        assert_eq!(
            shown(vec![passes(), fails]).await,
            r#"{"ready":false,"checks":[{"name":"store","ready":true},"#.to_owned()
                + r#"{"name":"bus","ready":false,"error":"no round trip: it is \"away\""}]}"#
        );
    }

    #[tokio::test(start_paused = true)]
    async fn checks_share_one_deadline() {
        let hangs = |name| Check::new(name, pending::<Result<(), io::Error>>);
        let begin = tokio::time::Instant::now();
        let shown = shown(vec![hangs("a"), hangs("b"), passes()]).await;
        assert_eq!(begin.elapsed(), Duration::from_millis(1500));
        assert_eq!(shown.matches("not done within 1.5s").count(), 2, "{shown}");
    }

    #[tokio::test]
    async fn a_check_that_panics_fails_and_leaves_the_others_alone() {
        async fn panics() -> Result<(), io::Error> {
            panic!("on purpose")
        }
        let at_once = Check::new("at once", || -> Checking { panic!("on purpose") });
        let shown = shown(vec![Check::new("later", panics), at_once, passes()]).await;
        assert_eq!(shown.matches("the check panicked").count(), 2, "{shown}");
        assert!(shown.contains(r#"{"name":"store","ready":true}"#), "{shown}");
    }

    #[tokio::test]
    async fn the_word_of_the_service_is_enough_and_can_be_taken_back() {
        let readiness = Readiness::new(vec![Check::new("bus", pending::<Result<(), io::Error>>)], CHECK);
        readiness.withhold(Some("stopping".into()));
        let shown = serde_json::to_string(&readiness.report().await).unwrap();
        assert_eq!(shown, r#"{"ready":false,"reason":"stopping","checks":[]}"#);

        let readiness = Readiness::new(vec![passes()], CHECK);
        readiness.withhold(Some("starting".into()));
        readiness.withhold(None);
        assert!(readiness.report().await.ready);
    }

    const CHECK: Duration = Duration::from_secs(1);
}
