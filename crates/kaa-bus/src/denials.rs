//! What the server has not let its user do on one connection: told to those who wait, logged once.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kaa_protocol::subject::{Subject, SubjectFilter};
use tokio::sync::watch;

use crate::forbidden::{Action, Forbidden};
use crate::link::Link;

/// Denials of one connection. The server sends them when it likes, and without saying which message they are
/// about: they are told apart by their subjects.
#[derive(Debug)]
pub(crate) struct Denials {
    known: Mutex<Known>,
    /// How many there were.
    count: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Known {
    /// The last ones, each with its number.
    publishes: VecDeque<(u64, Forbidden)>,
    /// Subscriptions that the server does not serve on the present connection.
    subscriptions: Vec<Forbidden>,
    /// What was logged already.
    logged: HashSet<(Action, String)>,
}

impl Denials {
    /// How many denied publishes are kept for those who wait, which is a moment.
    const RECENT: usize = 64;
    /// How many subscriptions and lines of the log are kept apart. A service has some dozens.
    const MOST: usize = 1024;

    pub(crate) fn new() -> Self {
        Self { known: Mutex::default(), count: watch::Sender::new(0) }
    }

    /// Takes note; whether it is new and has to be logged.
    pub(crate) fn note(&self, forbidden: Forbidden) -> bool {
        let mut known = self.lock();
        let (action, subject) = (forbidden.action(), forbidden.subject().to_owned());
        let is_new = known.logged.len() < Self::MOST && known.logged.insert((action, subject));
        self.count.send_modify(|count| {
            *count += 1;
            match action {
                Action::Publish => {
                    if known.publishes.len() == Self::RECENT {
                        known.publishes.pop_front();
                    }
                    known.publishes.push_back((*count, forbidden));
                }
                Action::Subscribe => {
                    if known.subscriptions.len() < Self::MOST && !known.subscriptions.contains(&forbidden) {
                        known.subscriptions.push(forbidden);
                    }
                }
            }
        });
        is_new
    }

    /// On a new connection all subscriptions are made again, and judged again.
    pub(crate) fn reconnected(&self) {
        self.lock().subscriptions.clear();
    }

    /// This subscription is made now: what was said of it before does not count.
    pub(crate) fn forget(&self, filter: &SubjectFilter) {
        self.lock().subscriptions.retain(|forbidden| forbidden.subject() != filter.as_str());
    }

    /// A subscription the server does not serve: this one, or any.
    pub(crate) fn of_subscription(&self, filter: Option<&SubjectFilter>) -> Option<Forbidden> {
        let is_meant =
            |forbidden: &&Forbidden| filter.is_none_or(|filter| forbidden.subject() == filter.as_str());
        self.lock().subscriptions.iter().find(is_meant).cloned()
    }

    /// Watches from now on; a publish that follows is behind this.
    pub(crate) fn watch(&self) -> Watch<'_> {
        let count = self.count.subscribe();
        let since = *count.borrow();
        Watch { denials: self, count, since }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Publishes that the server refuses from now on, for those who wait for answers in a way of their own; made by
/// [`Bus::watch_forbidden`](crate::Bus::watch_forbidden).
#[derive(Debug)]
pub struct ForbiddenPublishes {
    link: Arc<Link>,
    count: watch::Receiver<u64>,
    seen: u64,
}

impl ForbiddenPublishes {
    pub(crate) fn new(link: Arc<Link>) -> Self {
        let count = link.denials.count.subscribe();
        let seen = *count.borrow();
        Self { link, count, seen }
    }

    /// The next one. Of very many that are refused at once, only the last ones are told.
    ///
    /// Cancel safe: one that was not returned still waits.
    pub async fn next(&mut self) -> Forbidden {
        loop {
            let next = {
                let known = self.link.denials.lock();
                known.publishes.iter().find(|(number, _)| *number > self.seen).cloned()
            };
            if let Some((number, forbidden)) = next {
                self.seen = number;
                return forbidden;
            }
            // The sender lives as long as the link.
            if self.count.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

/// For one who publishes and waits for what comes of it.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    denials: &'a Denials,
    count: watch::Receiver<u64>,
    since: u64,
}

impl Watch<'_> {
    /// Ready when publishing to this subject was denied, or subscribing to `answers`, if anybody waits there.
    pub(crate) async fn denied(mut self, subject: &Subject, answers: Option<&SubjectFilter>) -> Forbidden {
        loop {
            let publish = {
                let known = self.denials.lock();
                let mut later = known.publishes.iter().rev().take_while(|(number, _)| *number > self.since);
                later
                    .find(|(_, forbidden)| forbidden.subject() == subject.as_str())
                    .map(|(_, found)| found.clone())
            };
            let subscription = || self.denials.of_subscription(Some(answers?));
            if let Some(forbidden) = publish.or_else(subscription) {
                return forbidden;
            }
            // The sender lives as long as `denials`.
            if self.count.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;
    use crate::link::Connection;

    fn forbidden(what: &str, subject: &str) -> Forbidden {
        let login: Arc<str> = "user \"a\"".into();
        Forbidden::read(&format!("Permissions Violation for {what} to \"{subject}\""), &login).unwrap()
    }

    fn subject(text: &str) -> Subject {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn who_waits_hears_of_its_own_subject_and_of_nothing_before() {
        let denials = Denials::new();
        denials.note(forbidden("Publish", "a"));
        let (a, b) = (denials.watch(), denials.watch());
        denials.note(forbidden("Publish", "b"));
        assert_eq!(a.denied(&subject("a"), None).now_or_never(), None);
        assert_eq!(b.denied(&subject("b"), None).await, forbidden("Publish", "b"));
    }

    #[tokio::test]
    async fn who_waits_for_answers_hears_that_they_cannot_come() {
        let denials = Denials::new();
        denials.note(forbidden("Subscription", "answers"));
        let answers = "answers".parse().unwrap();
        let told = denials.watch().denied(&subject("a"), Some(&answers)).await;
        assert_eq!(told, forbidden("Subscription", "answers"));
    }

    #[tokio::test]
    async fn every_refused_publish_is_told_once_and_in_order() {
        let link = Arc::new(Link::new(Connection::Connected));
        link.denials.note(forbidden("Publish", "before"));
        let mut publishes = ForbiddenPublishes::new(Arc::clone(&link));
        for subject in ["a", "b", "a"] {
            link.denials.note(forbidden("Publish", subject));
            link.denials.note(forbidden("Subscription", subject));
        }
        for subject in ["a", "b", "a"] {
            assert_eq!(publishes.next().await.subject(), subject);
        }
        assert_eq!(publishes.next().now_or_never(), None);
    }

    #[test]
    fn a_subscription_is_denied_until_the_connection_or_the_subscription_is_made_again() {
        let denials = Denials::new();
        let filter = "a".parse().unwrap();
        for make_again in [&(|| denials.reconnected()) as &dyn Fn(), &|| denials.forget(&filter)] {
            denials.note(forbidden("Subscription", "a"));
            assert_eq!(denials.of_subscription(None), Some(forbidden("Subscription", "a")));
            make_again();
            assert_eq!(denials.of_subscription(None), None);
        }
    }

    #[test]
    fn each_subject_is_new_once_and_what_is_kept_is_bounded() {
        let denials = Denials::new();
        assert!(denials.note(forbidden("Publish", "a")) && !denials.note(forbidden("Publish", "a")));
        assert!(denials.note(forbidden("Subscription", "a")), "another list, another line");
        for number in 0..5_000 {
            denials.note(forbidden("Publish", &number.to_string()));
            denials.note(forbidden("Subscription", &number.to_string()));
        }
        let known = denials.lock();
        let kept = [known.publishes.len(), known.subscriptions.len(), known.logged.len()];
        assert_eq!(kept, [Denials::RECENT, Denials::MOST, Denials::MOST]);
    }
}
