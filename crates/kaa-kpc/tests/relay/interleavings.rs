//! Whatever the order, every answer comes to the connection that asked, and to no other one.

use proptest::prelude::*;

use super::world::{Client, Got, World, assert_conserved};

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// A client asks for one of its endpoints.
    Ask { client: usize, endpoint: usize, request_id: u32 },
    /// The extension answers any request it ever got, once more.
    Answer { which: usize, own_subject: bool },
    /// A client goes, and another comes in its place.
    Replace { client: usize },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..4usize, 0..3usize, 0..3u32)
            .prop_map(|(client, endpoint, request_id)| Step::Ask { client, endpoint, request_id }),
        4 => (any::<usize>(), any::<bool>())
            .prop_map(|(which, own_subject)| Step::Answer { which, own_subject }),
        1 => (0..4usize).prop_map(|client| Step::Replace { client }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_comes_to_the_connection_that_asked(steps in prop::collection::vec(step(), 1..60)) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap().block_on(run(steps));
    }
}

async fn run(steps: Vec<Step>) {
    let world = World::new();
    let (relay, mut puppet) = (world.relay().await, world.puppet().await);
    // Each connection has a name, which is in the payload of all it asks: the answers repeat it.
    let mut names = 0..;
    let mut connect = || (names.next().unwrap_or(0), Client::of(&relay));
    let mut clients: Vec<(i32, Client)> = (0..4).map(|_| connect()).collect();
    let (mut got, mut asked): (Vec<Got>, u64) = (vec![], 0);
    let mut delivered = 0;
    for step in steps {
        match step {
            Step::Ask { client, endpoint, request_id } => {
                let (name, client) = &clients[client];
                client.ask(&format!("ep-{endpoint}/echo/{request_id}"), format!("{name} {asked}"));
                asked += 1;
                got.push(puppet.next().await);
            }
            Step::Answer { which, own_subject } => {
                let Some(got) = (!got.is_empty()).then(|| &got[which % got.len()]) else { continue };
                if own_subject {
                    puppet.answer(got, &got.echo(), None).await;
                } else {
                    puppet.send("kaa.v1.service.kpc.esp.ExtensionData", &got.echo(), None).await;
                }
            }
            Step::Replace { client } => clients[client] = connect(),
        }
        for (name, client) in &mut clients {
            for (_, payload) in client.all().await {
                assert!(payload.starts_with(&format!("{name} ")), "{name} got {payload:?}");
                delivered += 1;
            }
        }
    }
    clients.clear();
    let counters = assert_conserved(&relay);
    assert_eq!((counters.requests, counters.answered), (asked, delivered));
    assert_eq!((counters.stray, counters.undelivered, counters.pushed), (0, 0, 0));
}
