//! Replies that come in by somebody else's subscription.

use std::fmt;
use std::sync::Arc;

use kaa_protocol::ism::Address;

use super::mailroom::Mailroom;
use super::replies::Replies;
use super::{Messaging, Replica};
use crate::message::Message;

/// The replies of one protocol, passed on by whoever has subscribed to their subject.
///
/// A server sends the notice that nobody listens to one subscription of a connection only. So when a
/// subject brings replies and other messages too, one subscription has to do for both, and its owner
/// [offers](Self::offer) every message here first.
///
/// When this is dropped, its open calls end as they do when the bus is closed, and the next call
/// subscribes for itself.
#[must_use = "calls end when this is dropped"]
pub struct Adopted {
    replica: Arc<Replica>,
    mailroom: Arc<Mailroom>,
    replies: Arc<Replies>,
}

impl Messaging {
    /// Leaves the subscription for the replies of a protocol to somebody else, for all clones. Costs no
    /// message. The subscription has to be there before the first call is made.
    ///
    /// Calls that are open keep the way on which they wait for replies, and so does an earlier
    /// [`Adopted`] for its calls; new calls take this one.
    ///
    /// Their correlation IDs are those that were wanted with a number behind them, because the other
    /// messages on the subject may go by the same ID.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    /// use kaa_bus::{Bus, Messaging, RequestError, SubjectFilter};
    /// use kaa_protocol::cmx2cdp::ConfigRequest;
    /// use kaa_protocol::ism::Address;
    /// use kaa_protocol::name::{ReplicaId, ServiceInstance};
    ///
    /// let bus = Bus::memory();
    /// let mut messages = bus.subscribe("kaa.v1.service.cmx.cmx-0".parse::<SubjectFilter>()?, None).await?;
    /// let cmx = Messaging::new(bus, ServiceInstance::from_static("cmx"), ReplicaId::from_static("cmx-0"));
    /// let adopted = cmx.adopt(&Address::Bare);
    /// let entrance = async {
    ///     while let Some(message) = messages.next().await {
    ///         assert!(adopted.offer(&message), "nothing else comes here in this example");
    ///     }
    /// };
    ///
    /// let (provider, request) = (ServiceInstance::from_static("cdp"), ConfigRequest::default());
    /// tokio::select! {
    ///     () = entrance => {}
    ///     answer = cmx.request(provider, &request, Duration::from_secs(1)) => {
    ///         assert!(matches!(answer, Err(RequestError::NoResponders { .. })));
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn adopt(&self, address: &Address) -> Adopted {
        let replica = Arc::clone(&self.replica);
        let subject = address.reply_subject(&replica.instance, &replica.id);
        let (mailroom, replies) = Mailroom::adopted(subject.clone(), &replica.bus);
        let mailroom = Arc::new(mailroom);
        replica.mailrooms().insert(subject, Arc::clone(&mailroom));
        Adopted { replica, mailroom, replies }
    }
}

impl Adopted {
    /// Takes a message that is for a call, and says whether it was: a reply under the correlation ID of
    /// one that is open, or was not long ago (which makes it a late one, counted in
    /// [`BusStats::late_answers`](crate::BusStats::late_answers)), or the notice that nobody listens to
    /// the subject of one of these. Never waits.
    ///
    /// `false` says that the message is somebody else's. So is a notice that does not say what it is
    /// about ([`NoResponders::subject`](crate::NoResponders::subject)): a call that nobody serves ends
    /// at its deadline then.
    ///
    /// Replies wait with the other messages of the subscription, and are lost with them when it is full.
    /// Whoever reads it must not wait for a call in between.
    pub fn offer(&self, message: &Message) -> bool {
        self.replies.offer(message)
    }
}

/// The subject, and how many calls are open.
impl fmt::Debug for Adopted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Adopted")
            .field("subject", self.mailroom.subject())
            .field("open_calls", &self.replies.waiting())
            .finish_non_exhaustive()
    }
}

impl Drop for Adopted {
    fn drop(&mut self) {
        let mut mailrooms = self.replica.mailrooms();
        let subject = self.mailroom.subject();
        if mailrooms.get(subject).is_some_and(|current| Arc::ptr_eq(current, &self.mailroom)) {
            mailrooms.remove(subject);
        }
        drop(mailrooms);
        self.replies.close();
    }
}
