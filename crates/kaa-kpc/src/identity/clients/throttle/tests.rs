use std::collections::HashMap;
use std::num::NonZeroU32;
use std::time::Duration;

use proptest::prelude::*;

use super::*;

const RIGHT: Result<(), Denied> = Ok(());
const WRONG: Result<(), Denied> = Err(Denied::Credentials);
const UNDECIDED: Result<(), Denied> = Err(Denied::Unavailable);

fn user(name: &str) -> Shown {
    Shown::Password { user_name: Some(name.into()), password: Some("canary".into()) }
}

fn throttle() -> Arc<Throttle> {
    Arc::new(Throttle::new(GuessLimits::default()))
}

fn address(number: u8) -> IpAddr {
    [192, 0, 2, number].into()
}

fn later(seconds: u64) -> impl Future<Output = ()> {
    tokio::time::advance(Duration::from_secs(seconds))
}

/// An attempt with this end; how long to wait if there was none.
async fn attempt(
    throttle: &Arc<Throttle>,
    from: IpAddr,
    name: &str,
    end: &Result<(), Denied>,
) -> Result<(), Duration> {
    match throttle.begin(from, &user(name)).await {
        Ok(attempt) => {
            attempt.settle(end);
            Ok(())
        }
        Err(Denied::TooMany { retry_after }) => Err(retry_after),
        Err(other) => panic!("{other:?}"),
    }
}

async fn fail(throttle: &Arc<Throttle>, from: IpAddr, name: &str, times: usize) {
    for _ in 0..times {
        attempt(throttle, from, name, &WRONG).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn after_five_failures_each_wait_is_twice_the_one_before_up_to_a_minute() {
    let throttle = throttle();
    fail(&throttle, address(1), "ann", 5).await;
    for wait in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        let refused = attempt(&throttle, address(1), "ann", &WRONG).await;
        assert_eq!(refused, Err(Duration::from_secs(wait)));
        later(wait).await;
        assert_eq!(attempt(&throttle, address(1), "ann", &WRONG).await, Ok(()));
    }
}

#[tokio::test(start_paused = true)]
async fn when_a_wait_is_over_one_attempt_may_begin_and_not_everybody_who_waited() {
    let throttle = throttle();
    fail(&throttle, address(1), "ann", 5).await;
    later(1).await;
    let under_way = throttle.begin(address(1), &user("ann")).await.unwrap();
    assert_eq!(attempt(&throttle, address(1), "ann", &WRONG).await, Err(Duration::from_secs(1)));
    under_way.settle(&WRONG);
    assert_eq!(attempt(&throttle, address(1), "ann", &WRONG).await, Err(Duration::from_secs(2)));
}

#[tokio::test(start_paused = true)]
async fn four_failures_have_no_consequence() {
    let throttle = throttle();
    fail(&throttle, address(1), "ann", 4).await;
    assert_eq!(attempt(&throttle, address(1), "ann", &RIGHT).await, Ok(()));
    assert_eq!(attempt(&throttle, address(1), "bob", &RIGHT).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_failure_counts_for_a_minute_and_not_longer() {
    for (seconds, expected) in [(59, Err(Duration::from_secs(1))), (60, Ok(())), (61, Ok(()))] {
        let throttle = throttle();
        fail(&throttle, address(1), "ann", 1).await;
        later(seconds).await;
        fail(&throttle, address(1), "ann", 4).await;
        assert_eq!(attempt(&throttle, address(1), "ann", &WRONG).await, expected, "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn waits_begin_anew_when_the_last_one_has_been_over_for_a_minute() {
    for (seconds, expected) in [(60, Err(2)), (61, Ok(()))] {
        let throttle = throttle();
        fail(&throttle, address(1), "ann", 5).await;
        later(seconds).await;
        fail(&throttle, address(1), "ann", 1).await;
        let next = attempt(&throttle, address(1), "ann", &WRONG).await;
        assert_eq!(next, expected.map_err(Duration::from_secs), "{seconds}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_user_of_the_address_waits_too_unless_it_has_logged_in_from_there() {
    let throttle = throttle();
    attempt(&throttle, address(1), "known", &RIGHT).await.unwrap();
    for name in ["a", "b", "c", "d", "e"] {
        attempt(&throttle, address(1), name, &WRONG).await.unwrap();
    }
    assert_eq!(attempt(&throttle, address(1), "new", &RIGHT).await, Err(Duration::from_secs(1)));
    for _ in 0..100 {
        assert_eq!(attempt(&throttle, address(1), "known", &RIGHT).await, Ok(()));
    }
    // Elsewhere, nobody waits.
    assert_eq!(attempt(&throttle, address(2), "a", &RIGHT).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_known_user_that_fails_shares_the_fate_of_its_address_again() {
    let throttle = throttle();
    attempt(&throttle, address(1), "known", &RIGHT).await.unwrap();
    fail(&throttle, address(1), "guessed", 5).await;
    assert_eq!(attempt(&throttle, address(1), "known", &WRONG).await, Ok(()));
    assert_eq!(attempt(&throttle, address(1), "known", &RIGHT).await, Err(Duration::from_secs(2)));
}

#[tokio::test(start_paused = true)]
async fn a_success_takes_no_failure_back() {
    let throttle = throttle();
    fail(&throttle, address(1), "ann", 4).await;
    attempt(&throttle, address(1), "ann", &RIGHT).await.unwrap();
    fail(&throttle, address(1), "ann", 1).await;
    assert_eq!(attempt(&throttle, address(1), "ann", &WRONG).await, Err(Duration::from_secs(1)));
}

#[tokio::test(start_paused = true)]
async fn what_was_not_decided_does_not_count() {
    let throttle = throttle();
    for _ in 0..1000 {
        attempt(&throttle, address(1), "ann", &UNDECIDED).await.unwrap();
        drop(throttle.begin(address(1), &user("ann")).await.unwrap());
    }
    let history = throttle.lock();
    assert_eq!((history.users.len(), history.addresses.len(), history.trusted.len()), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_guesses_at_once_ten_are_evaluated() {
    let throttle = throttle();
    let mut guesses = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let throttle = Arc::clone(&throttle);
        guesses.spawn(async move {
            let attempt = throttle.begin(address(1), &user(&format!("user-{}", number % 50))).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            attempt.map(|attempt| attempt.settle(&WRONG)).is_ok()
        });
    }
    let evaluated = guesses.join_all().await.into_iter().filter(|was_evaluated| *was_evaluated).count();
    assert!((5..=10).contains(&evaluated), "{evaluated}");
}

#[tokio::test(start_paused = true)]
async fn a_fleet_behind_one_address_comes_back_at_once() {
    let throttle = throttle();
    fail(&throttle, address(1), "misconfigured", 4).await;
    let mut fleet = tokio::task::JoinSet::new();
    for number in 0..1000 {
        let throttle = Arc::clone(&throttle);
        fleet.spawn(async move {
            let attempt = throttle.begin(address(1), &user(&format!("device-{number}"))).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
            attempt.settle(&RIGHT);
        });
    }
    fleet.join_all().await;
    assert_eq!(throttle.lock().trusted.len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_nobody_waits_for_any_more_goes_to_the_next_one() {
    let throttle = throttle();
    let turns = turns(&GuessLimit::default());
    let mut held = Vec::new();
    for _ in 0..turns {
        held.push(throttle.begin(address(1), &user("ann")).await.unwrap());
    }
    let ann = user("ann");
    let impatient = throttle.begin(address(1), &ann);
    assert!(tokio::time::timeout(Duration::from_secs(1), impatient).await.is_err());
    held.pop();
    assert!(throttle.begin(address(1), &user("ann")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn half_of_an_ipv6_address_is_one_address_and_a_mapped_one_is_ipv4() {
    let throttle = throttle();
    let [first, neighbour, other]: [IpAddr; 3] =
        ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"].map(|text| text.parse().unwrap());
    fail(&throttle, first, "ann", 5).await;
    assert!(attempt(&throttle, neighbour, "ann", &WRONG).await.is_err());
    assert!(attempt(&throttle, other, "ann", &WRONG).await.is_ok());

    fail(&throttle, address(1), "ann", 5).await;
    let mapped = "::ffff:192.0.2.1".parse().unwrap();
    assert!(attempt(&throttle, mapped, "ann", &WRONG).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn the_oldest_failures_are_forgotten_and_no_user_that_logged_in() {
    let remembered = NonZeroUsize::new(2).unwrap();
    let throttle = Arc::new(Throttle::new(GuessLimits { remembered, ..GuessLimits::default() }));
    attempt(&throttle, address(1), "known", &RIGHT).await.unwrap();
    for number in 1..=2 {
        fail(&throttle, address(number), "guessed", 5).await;
    }
    assert!(attempt(&throttle, address(1), "new", &WRONG).await.is_err());
    for number in 3..=100 {
        fail(&throttle, address(number), "guessed", 5).await;
    }
    let (users, addresses) = {
        let history = throttle.lock();
        (history.users.len(), history.addresses.len())
    };
    assert!(users <= 8 && addresses <= 2, "{users} {addresses}");
    assert!(attempt(&throttle, address(1), "new", &WRONG).await.is_ok());
    assert!(throttle.begin(address(1), &user("known")).await.unwrap().is_trusted);
}

#[tokio::test(start_paused = true)]
async fn absurd_limits_do_no_harm() {
    let limit = GuessLimit {
        failures: NonZeroU32::MAX,
        evaluations: NonZeroU32::MIN,
        window: Duration::MAX,
        first_delay: Duration::MAX,
        longest_delay: Duration::MAX,
    };
    let limits = GuessLimits { per_user: limit, per_address: limit, remembered: NonZeroUsize::MAX };
    let throttle = Arc::new(Throttle::new(limits));
    fail(&throttle, address(1), "ann", 1).await;
    assert_eq!(attempt(&throttle, address(1), "ann", &WRONG).await, Err(Duration::MAX));
}

/// What happens next: somebody tries, and its evaluation takes a while; then time passes.
#[derive(Debug, Clone)]
struct Step {
    address: u8,
    user: u8,
    end: Result<(), Denied>,
    takes: u64,
    pause: u64,
}

fn step() -> impl Strategy<Value = Step> {
    let end = prop_oneof![6 => Just(WRONG), 2 => Just(RIGHT), 1 => Just(UNDECIDED)];
    let pause = prop_oneof![6 => Just(0), 6 => 0..2_000_u64, 1 => 0..100_000_u64];
    (0..2_u8, 0..4_u8, end, 0..5_000_u64, pause).prop_map(|(address, user, end, takes, pause)| Step {
        address,
        user,
        end,
        takes,
        pause,
    })
}

/// The most of these moments within one window.
fn most_within(mut moments: Vec<Instant>, window: Duration) -> usize {
    moments.sort();
    let within = |start: &Instant| moments.iter().filter(|m| *m >= start && **m < *start + window).count();
    moments.iter().map(within).max().unwrap_or_default()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_window_has_more_failures_than_allowed_whatever_happens(
        steps in prop::collection::vec(step(), 1..250),
        failures in 1..8_u32,
        evaluations in 1..12_u32,
    ) {
        let limit = GuessLimit {
            failures: failures.try_into().unwrap(),
            evaluations: evaluations.try_into().unwrap(),
            ..GuessLimit::default()
        };
        let limits = GuessLimits { per_user: limit, per_address: limit, ..GuessLimits::default() };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let (by_user, by_address) = runtime.unwrap().block_on(failures_of(limits, steps));
        for moments in by_user.into_values().chain(by_address.into_values()) {
            let most = most_within(moments, limit.window);
            prop_assert!(most <= usize::try_from(evaluations).unwrap(), "{most} of {evaluations}");
        }
    }
}

type Failures<Key> = HashMap<Key, Vec<Instant>>;

/// When evaluations began that failed, of each user, and of each address those of users that are not trusted.
async fn failures_of(limits: GuessLimits, steps: Vec<Step>) -> (Failures<(u8, u8)>, Failures<u8>) {
    let throttle = Arc::new(Throttle::new(limits));
    let mut attempts = tokio::task::JoinSet::new();
    for Step { address: number, user: name, end, takes, pause } in steps {
        let throttle = Arc::clone(&throttle);
        attempts.spawn(async move {
            let attempt = throttle.begin(address(number), &user(&name.to_string())).await.ok()?;
            let (began, is_trusted) = (Instant::now(), attempt.is_trusted);
            tokio::time::sleep(Duration::from_millis(takes)).await;
            attempt.settle(&end);
            (end == WRONG).then_some((number, name, began, is_trusted))
        });
        tokio::time::sleep(Duration::from_millis(pause)).await;
    }
    let (mut by_user, mut by_address) = (Failures::new(), Failures::new());
    for (number, name, began, is_trusted) in attempts.join_all().await.into_iter().flatten() {
        by_user.entry((number, name)).or_default().push(began);
        if !is_trusted {
            by_address.entry(number).or_default().push(began);
        }
    }
    (by_user, by_address)
}
