//! The arithmetic of `docs/how-to/scaling.md` follows from what was measured.

use std::fmt::Write;
use std::fs;

use crate::pages::{Page, root};

const PAGE: &str = "docs/how-to/scaling.md";
/// The tables stand between these lines.
const FIGURES: [&str; 2] =
    ["<!-- The figures, as they were measured: a test compares. -->\n", "<!-- End of the figures. -->\n"];
const FLEETS: [&str; 2] =
    ["<!-- The fleets, as the figures have it: a test compares. -->\n", "<!-- End of the fleets. -->\n"];
/// How many devices there are, and how many seconds are between two messages of one.
const EXAMPLES: [(u32, u32); 6] =
    [(1_000, 10), (20_000, 60), (100_000, 60), (1_000_000, 60), (1_000_000, 1), (10_000_000, 60)];

/// What was measured.
struct Figures {
    qos0: f64,
    qos1: f64,
    http: f64,
    bytes: f64,
    json: f64,
    /// Of one batch, `dcx` and `epts` together.
    stored: f64,
    /// Of a request and its answer.
    nats: f64,
    kib_per_connection: f64,
    connections: u32,
}

impl Figures {
    fn read() -> Self {
        let costs = Page::read("docs/costs.md").text;
        let columns = |row: &str| -> Vec<f64> {
            let line = costs
                .lines()
                .find(|line| line.starts_with(row) && line.contains(" µs "))
                .unwrap_or_else(|| panic!("no {row}"));
            let words = line[row.len()..].split('|').map(|column| column.trim().split(' ').next().unwrap());
            words.filter_map(|word| word.replace(',', "").parse().ok()).collect()
        };
        let storing = columns("| `dcx`, `epts` |");
        let sdk = fs::read_to_string(root().join("bench/results/sdk.json")).unwrap();
        let sdk: serde_json::Value = serde_json::from_str(&sdk).unwrap();
        let mut responders = sdk["responders"].as_array().unwrap().iter();
        let bare = responders.find(|responder| responder["responder"] == "bare").unwrap();
        let per_second = bare["through_server_messages_per_second"]["median"].as_f64().unwrap();
        let (_, each) = costs.split_once("MB before; ").unwrap();
        let defaults = Page::read("tests/tests/configuration/kpc.txt").text;
        let connections =
            defaults.lines().find_map(|line| line.strip_prefix("limits.connections\t")).unwrap();
        Self {
            qos0: columns("| `kaa-kpc`, MQTT QoS 0 |")[0],
            qos1: columns("| `kaa-kpc`, MQTT QoS 1 |")[0],
            http: columns("| `kaa-kpc`, HTTP |")[0],
            bytes: columns("| `extension-bytes` |")[0],
            json: columns("| `extension-json` |")[0],
            stored: storing[1] + storing[2],
            nats: 1e6 / per_second,
            kib_per_connection: each.split(' ').next().unwrap().parse().unwrap(),
            connections: connections.split('\t').next().unwrap().parse().unwrap(),
        }
    }

    fn table(&self) -> String {
        let mut table =
            "| of one request and its answer | CPU | a core that does nothing else |\n|---|---|---|\n"
                .to_owned();
        for (name, micros) in [
            ("`kaa-kpc`, MQTT QoS 0", self.qos0),
            ("`kaa-kpc`, MQTT QoS 1", self.qos1),
            ("`kaa-kpc`, HTTP", self.http),
            ("nats-server, at most", self.nats),
            ("an extension, bytes", self.bytes),
            ("an extension, JSON", self.json),
            ("`dcx` and `epts`: ten samples that are stored", self.stored),
        ] {
            let per_second = thousands(1e6 / micros, 1_000.0);
            let _ = writeln!(table, "| {name} | {micros:.2} µs | {per_second}/s |");
        }
        let kib = self.kib_per_connection;
        let _ = writeln!(table, "\nAn idle MQTT connection of `kaa-kpc` takes {kib} KiB of memory.");
        table
    }

    fn fleets(&self) -> String {
        let mut table = "| devices | a message every | messages | `kaa-kpc`: replicas | memory of all | cores | nats-server, cores at most | extension, cores | `dcx` and `epts` instead, cores |\n|---|---|---|---|---|---|---|---|---|\n".to_owned();
        for (devices, seconds) in EXAMPLES {
            let rate = f64::from(devices) / f64::from(seconds);
            let cores = |micros: f64| rounded(rate * micros / 1e6);
            let replicas = devices.div_ceil(self.connections);
            let bytes = f64::from(devices) * self.kib_per_connection * 1024.0 + f64::from(replicas) * 8e6;
            let _ = writeln!(
                table,
                "| {} | {seconds} s | {}/s | {replicas} | {} MB | {} | {} | {} | {} |",
                thousands(f64::from(devices), 1.0),
                thousands(rate, 1.0),
                thousands(bytes / 1e6, 1.0),
                cores(self.qos1),
                cores(self.nats),
                cores(self.json),
                cores(self.stored),
            );
        }
        table
    }
}

/// With two digits that count, if there are any.
fn rounded(value: f64) -> String {
    match value {
        ..0.001 => "< 0.001".to_owned(),
        ..0.1 => format!("{value:.3}"),
        ..1.0 => format!("{value:.2}"),
        ..10.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// In steps, with a comma before every three digits.
fn thousands(value: f64, step: f64) -> String {
    let digits = format!("{:.0}", (value / step).round() * step);
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[test]
fn the_tables_follow_from_the_figures() {
    let figures = Figures::read();
    let page = Page::read(PAGE).text;
    let mut now = page.clone();
    for ([begin, end], table) in [(FIGURES, figures.table()), (FLEETS, figures.fleets())] {
        let (before, rest) = now.split_once(begin).unwrap();
        let (_, after) = rest.split_once(end).unwrap();
        now = format!("{before}{begin}{table}{end}{after}");
    }
    if std::env::var("KAA_SNAPSHOTS").is_ok_and(|value| value == "write") {
        fs::write(root().join(PAGE), now).unwrap();
        return;
    }
    assert!(page == now, "{PAGE} says something else; KAA_SNAPSHOTS=write writes what follows:\n{now}");
}

#[test]
fn numbers_are_written_as_on_the_pages() {
    assert_eq!(
        [thousands(1_234_567.0, 1.0), thousands(999.0, 1.0), thousands(148_810.0, 1_000.0)],
        ["1,234,567", "999", "149,000"]
    );
    assert_eq!(
        [0.000_17, 0.001_74, 0.171, 1.71, 27.1].map(rounded),
        ["< 0.001", "0.002", "0.17", "1.7", "27"]
    );
}
