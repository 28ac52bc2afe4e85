//! What an expert writes who needs this one exchange and nothing else: no routes, no errors, no limits.

use futures_util::StreamExt;

use super::avro::ClientData;
use crate::workload::SUBJECT;

pub(super) async fn run<P: AsRef<[u8]>>(url: &str, application: impl Fn(&[u8]) -> P) {
    let client = async_nats::connect(url).await.unwrap();
    let mut requests = client.queue_subscribe(SUBJECT, "bench".to_owned()).await.unwrap();
    while let Some(request) = requests.next().await {
        let data = ClientData::read(&request.payload);
        let answer = data.answer(application(data.payload).as_ref());
        client.publish(request.reply.unwrap(), answer.into()).await.unwrap();
    }
}
