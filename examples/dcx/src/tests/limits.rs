//! How much is too much.

use kaa_ext::protocol::json::MAX_NESTING;

use super::*;

fn batch(samples: usize) -> String {
    format!("[{}]", vec!["1"; samples].join(","))
}

#[tokio::test(start_paused = true)]
async fn a_batch_has_at_most_ten_thousand_samples_unless_an_operator_says_otherwise() {
    for (settings, limit) in
        [(Settings::default(), 10_000), (Settings { max_samples: 3, ..Settings::default() }, 3)]
    {
        let kaa = with(settings).await;
        let mut epts = Receiver::start(&kaa, "epts").await;
        let device = kaa.endpoint("ep-1");
        for samples in [limit - 1, limit] {
            device.request("/json").payload(batch(samples)).await.assert_status(200);
            assert_eq!(epts.next().await.event.data_samples.len(), samples);
        }
        let reply = device.request("/json").payload(batch(limit + 1)).await;
        let reason = reply.assert_status(413).reason.as_deref().unwrap();
        assert!(reason.contains(&format!("more than {limit} samples")), "{reason}");
        assert!(epts.hears_nothing().await);
    }
}

#[tokio::test(start_paused = true)]
async fn samples_nest_as_deep_as_the_protocol_allows() {
    let kaa = dcx(&[]).await;
    let device = kaa.endpoint("ep-1");
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    for (depth, status) in [(MAX_NESTING - 1, 200), (MAX_NESTING, 200), (MAX_NESTING + 1, 400)] {
        device.request("/json").payload(nested(depth)).await.assert_status(status);
    }
    device.request("/json").payload("[".repeat(500_000)).await.assert_status(400);
}

/// Many samples of a length that takes two bytes in the event and one comma in the payload: so the event
/// becomes too large while the request is not.
fn almost_too_large(first: usize) -> String {
    let (first, other) = ("1".repeat(first), "2".repeat(103));
    format!("[{first}{}]", format!(",{other}").repeat(9_900))
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_makes_a_message_larger_than_the_bus_takes_is_413_with_the_limit() {
    const MAX_PAYLOAD: usize = 1 << 20;
    for reliable in [&[][..], &["epts"]] {
        let kaa = dcx(reliable).await;
        let mut epts = Receiver::start(&kaa, "epts").await;
        let device = kaa.endpoint("ep-1");
        let mut confirmed = async |first| {
            let request = device.request("/json").payload(almost_too_large(first));
            let (reply, size) = meanwhile(request, async {
                let heard = epts.next().await;
                if heard.reply_to().is_some() {
                    heard.confirm(200).await;
                }
                heard.message.payload.len()
            })
            .await;
            reply.assert_status(200);
            size
        };
        let first = 8_500 + MAX_PAYLOAD - confirmed(8_500).await;
        assert_eq!(confirmed(first - 1).await, MAX_PAYLOAD - 1);
        assert_eq!(confirmed(first).await, MAX_PAYLOAD);

        let reply = device.request("/json").payload(almost_too_large(first + 1)).await;
        reply.assert_status(413).assert_reason(
            "the samples make a message of 1048577 bytes, and the bus takes at most 1048576: send smaller batches",
        );
        assert!(epts.hears_nothing().await);
    }
}
