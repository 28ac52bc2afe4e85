use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::checks::{Bounds, Checks, Judge};
use super::*;

/// A judge that takes its time: as long as the test wants.
#[derive(Debug, Clone)]
pub(super) struct Puppet {
    verdict: Result<Client, Denied>,
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    /// One permit for each verdict that may come out.
    gate: Arc<Semaphore>,
}

impl Puppet {
    fn new(verdict: Result<Client, Denied>) -> Self {
        Self { verdict, running: Arc::default(), most: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
    }

    pub(super) async fn evaluate(&self) -> Result<Client, Denied> {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        self.running.fetch_sub(1, Ordering::SeqCst);
        self.verdict.clone()
    }

    fn authenticator(&self, evaluations: usize) -> Arc<Authenticator> {
        let guesses = GuessLimits::default();
        let bounds = Bounds { evaluations, timeout: Duration::from_secs(5), guesses };
        let checks = Checks::new(Judge::Puppet(self.clone()), true, bounds, Arc::default());
        Arc::new(Authenticator { checks: Some(checks) })
    }
}

fn login(user_name: &str) -> Login {
    Login { user_name: Some(user_name.into()), password: Some("canary".into()), certificate: None }
}

fn address(number: u8) -> IpAddr {
    [192, 0, 2, number].into()
}

/// Logins of as many clients, each at its own address.
fn logins(authenticator: &Arc<Authenticator>, count: u8) -> JoinSet<Result<Client, Denied>> {
    let mut logins = JoinSet::new();
    for number in 0..count {
        let authenticator = Arc::clone(authenticator);
        logins.spawn(async move { authenticator.admit(&login("ann"), address(number)).await });
    }
    logins
}

/// Everything that can happen without time passing has happened.
async fn quiet() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test]
async fn everybody_may_connect_by_default_whatever_they_show() {
    let authenticator = Authenticator::default();
    for login in [Login::default(), login("ann")] {
        assert_eq!(authenticator.admit(&login, address(1)).await, Ok(Client { id: None, credential: None }));
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_are_evaluated_at_once_than_allowed_and_the_others_wait() {
    let puppet = Puppet::new(Ok(Client::default()));
    let logins = logins(&puppet.authenticator(3), 100);
    quiet().await;
    assert_eq!(puppet.running.load(Ordering::SeqCst), 3);
    puppet.gate.add_permits(100);
    assert!(logins.join_all().await.iter().all(Result::is_ok));
    assert_eq!(puppet.most.load(Ordering::SeqCst), 3);
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_is_told_to_come_back_and_that_is_no_failure() {
    let puppet = Puppet::new(Err(Denied::Credentials));
    let authenticator = puppet.authenticator(1);
    let start = tokio::time::Instant::now();
    let verdicts = logins(&authenticator, 20).join_all().await;
    assert!(verdicts.iter().all(|verdict| *verdict == Err(Denied::Unavailable)), "{verdicts:?}");
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    let ClientCounters { undecided, evaluated, .. } = authenticator.counters();
    assert_eq!((undecided, evaluated), (20, 1));
}

#[tokio::test(start_paused = true)]
async fn an_evaluation_keeps_its_turn_when_its_client_hangs_up_and_counts_as_it_ends() {
    let puppet = Puppet::new(Err(Denied::Credentials));
    let authenticator = puppet.authenticator(1);
    for _ in 0..5 {
        let hung_up = tokio::time::timeout(Duration::from_millis(1), async {
            authenticator.admit(&login("ann"), address(1)).await
        });
        assert!(hung_up.await.is_err());
        assert_eq!(puppet.running.load(Ordering::SeqCst), 1);
        puppet.gate.add_permits(1);
        quiet().await;
        assert_eq!(puppet.running.load(Ordering::SeqCst), 0);
    }
    let verdict = authenticator.admit(&login("ann"), address(1)).await;
    assert!(matches!(verdict, Err(Denied::TooMany { .. })), "{verdict:?}");
}

#[tokio::test(start_paused = true)]
async fn who_hangs_up_while_waiting_leaves_nothing_behind() {
    let puppet = Puppet::new(Err(Denied::Credentials));
    let authenticator = puppet.authenticator(1);
    let mut first = logins(&authenticator, 1);
    quiet().await;
    let mut others = logins(&authenticator, 100);
    quiet().await;
    others.shutdown().await;
    puppet.gate.add_permits(2);
    assert_eq!(first.join_next().await.unwrap().unwrap(), Err(Denied::Credentials));
    assert_eq!(authenticator.counters().evaluated, 1);
    assert_eq!(authenticator.admit(&login("ann"), address(9)).await, Err(Denied::Credentials));
}

#[tokio::test(start_paused = true)]
async fn nothing_shown_is_refused_without_being_evaluated_or_counted_as_a_guess() {
    let authenticator = Puppet::new(Ok(Client::default())).authenticator(1);
    for _ in 0..100 {
        assert_eq!(authenticator.admit(&Login::default(), address(1)).await, Err(Denied::Credentials));
    }
    assert_eq!(authenticator.counters().refused, 100);
    assert_eq!(authenticator.counters().evaluated, 0);
}
