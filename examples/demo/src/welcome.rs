//! Where everything is, and lines to copy and paste.

use std::fmt;

use crate::options::Options;
use crate::platform::Addresses;
use crate::{APP_VERSION, DEVICES, paths};

/// The first words of the demo.
pub(crate) struct Welcome<'a> {
    pub(crate) options: &'a Options,
    pub(crate) addresses: Addresses,
}

/// A line for a terminal, and what it is good for.
pub(crate) struct Line {
    pub(crate) about: &'static str,
    pub(crate) command: String,
}

/// The lines, each to be typed as it stands.
pub(crate) fn lines(addresses: &Addresses) -> Vec<Line> {
    let Addresses { mqtt, http, cdp, epts, cex, .. } = addresses;
    let (host, port) = (mqtt.ip(), mqtt.port());
    let [first, ..] = DEVICES;
    let line = |about, command| Line { about, command };
    vec![
        line(
            "send a sample as a device of your own, over MQTT",
            format!(
                "mosquitto_pub -h {host} -p {port} -t kp1/{APP_VERSION}/dcx/mine/json/1 \
                 -m '[{{\"temperature\":21}}]'"
            ),
        ),
        line(
            "the same, and wait until it is stored",
            format!(
                "mosquitto_rr -h {host} -p {port} -W 5 -t kp1/{APP_VERSION}/dcx/mine/json/2 \
                 -e kp1/{APP_VERSION}/dcx/mine/json/2/status -m '[{{\"temperature\":22}}]'"
            ),
        ),
        line(
            "the same over HTTP",
            format!(
                "curl -sS -f -X POST http://{http}/kp1/{APP_VERSION}/dcx/mine/json -d '[{{\"temperature\":23}}]'"
            ),
        ),
        line(
            "see what is stored",
            format!("curl -sS -f http://{epts}{}", paths::series("mine", "temperature")),
        ),
        line("ask the time", format!("curl -sS -f -X POST http://{http}/kp1/{APP_VERSION}/tsx/json")),
        line(
            "change how often a device samples",
            format!(
                "curl -sS -f -X PUT http://{cdp}{} -H 'content-type: application/json' -d '{{\"sampling\":300}}'",
                paths::configuration(first)
            ),
        ),
        line(
            "let a light blink",
            format!(
                "curl -sS -f -X POST 'http://{cex}{}' -H 'content-type: application/json' -d '{{\"times\":3}}'",
                paths::command(first)
            ),
        ),
    ]
}

impl fmt::Display for Welcome<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Addresses { mqtt, http, cdp, epts, cex, ccm, console } = self.addresses;
        let bus = if self.options.nats.is_some() { "on a NATS server" } else { "on a bus in this process" };
        writeln!(f, "A little Kaa platform, {bus}:\n")?;
        writeln!(f, "  devices         mqtt://{mqtt}   http://{http}   ws://{http}/ws")?;
        let described =
            [("configurations", cdp), ("time series", epts), ("commands", cex), ("credentials", ccm)];
        for (what, address) in described {
            writeln!(f, "  {what:<15} http://{address}/openapi.json")?;
        }
        if let Some(address) = console {
            writeln!(f, "  {:<15} http://{address}/console", "messages, live")?;
        }
        writeln!(f, "\nIn another terminal:\n")?;
        for Line { about, command } in lines(&self.addresses) {
            writeln!(f, "  # {about}\n  {command}")?;
        }
        match self.options.duration {
            Some(duration) => {
                writeln!(f, "\nIt ends by itself after {}.\n", humantime::format_duration(duration))
            }
            None => writeln!(f, "\nCtrl-c ends it.\n"),
        }
    }
}
