//! Whether a service answers, and what time it has.

use std::time::Duration;

use kaa_ext::bus::Bus;
use kaa_ext::protocol::name::ServiceInstance;
use kaa_process::error::Chain;
use kaa_tap::call::{Asker, CallError, Question, ask};

use super::finding::Finding;

/// How far clocks may be apart before requests are taken for expired.
const SKEW: i64 = 1_000;

/// Asks for a path that no extension has: whatever it answers, it is there.
pub(super) async fn check(bus: &Bus, instance: &ServiceInstance, timeout: Duration) -> Vec<Finding> {
    let question = Question {
        asker: Asker::Doctor,
        instance,
        resource_path: "/kaa-doctor",
        payload: b"",
        endpoint: None,
        app_version: "kaa-cli-v1",
        request_id: 1,
        config_name: None,
        timeout,
    };
    let asked = match ask(bus, &question).await {
        Ok(asked) => asked,
        Err(error) => {
            let fix = match error {
                CallError::NobodyServes { .. } => "start it, with the same NATS_URLS, or correct the name",
                CallError::NoAnswer { .. } => {
                    "look at its log: it may be overloaded, or its clock may take the request for expired"
                }
                _ => "look at the permissions and the connection above",
            };
            return vec![Finding::fail("service", format!("{:#}", Chain(&error)), fix)];
        }
    };
    let answers = format!("{instance} answers in {:.1?}", asked.latency);
    vec![Finding::ok("service", answers), clock(instance, asked.asked_at, asked.timestamp, asked.latency)]
}

/// The answer was made between the question and now, by a clock that agrees with ours.
fn clock(instance: &ServiceInstance, asked_at: i64, made_at: i64, latency: Duration) -> Finding {
    let latency = i64::try_from(latency.as_millis()).unwrap_or(i64::MAX);
    let skew = made_at.saturating_sub(asked_at).saturating_sub(latency / 2);
    if skew.saturating_abs().saturating_sub(latency / 2) > SKEW {
        let way = if skew > 0 { "ahead of" } else { "behind" };
        let found = format!("{instance} is {} ms {way} this machine", skew.saturating_abs());
        return Finding::fail("clock", found, "let NTP set both clocks: requests expire by them");
    }
    Finding::ok(
        "clock",
        format!("{instance} has the time of this machine, within {} ms", latency.max(1) / 2 + 1),
    )
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    #[test]
    fn a_clock_is_wrong_when_no_latency_explains_it() {
        let level = |made_at, latency| {
            let dcx = ServiceInstance::from_static("dcx");
            clock(&dcx, 100_000, made_at, Duration::from_millis(latency)).level
        };
        assert_eq!(level(100_002, 4), Level::Ok);
        assert_eq!(level(103_000, 4), Level::Fail);
        assert_eq!(level(97_000, 4), Level::Fail);
        assert_eq!(level(103_000, 4_000), Level::Ok);
        assert_eq!(level(i64::MAX, 4), Level::Fail);
        assert_eq!(level(i64::MIN, 4), Level::Fail);
    }
}
