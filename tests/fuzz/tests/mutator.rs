//! More than a million inputs with every run of the tests, each a known one that was changed at random.
//!
//! The changes follow from one number, so a failure can be repeated: it prints the number and the
//! input. The number in `KAA_FUZZ_SEED`
//! chooses other changes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use allocation_counter::measure;
use bytes::Bytes;
use kaa_fuzz::{PACKETS, PATHS, PAYLOADS, RECORDS, REPLY_TO, SUBJECTS, TARGETS, Target};
use kaa_protocol::catalog;

/// How many inputs each target is given.
const INPUTS: [(Target, usize); 6] = [
    (RECORDS, 600_000),
    (SUBJECTS, 150_000),
    (REPLY_TO, 100_000),
    (PATHS, 200_000),
    (PAYLOADS, 200_000),
    (PACKETS, 200_000),
];

/// The longest input, in bytes.
const MAX_LEN: usize = 2_048;

/// How many times its size an input may take while it is read, beside [`Target::fixed`].
const MOST: u64 = 4;

/// A generator of numbers that look random (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to `end`, and 0 for an end of 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    fn choose<'a, T>(&mut self, values: &'a [T]) -> &'a T {
        &values[self.below(values.len())]
    }
}

/// Pieces that mean something to one reader or another.
const PIECES: &[&[u8]] = &[
    b"\x00",
    b"\x01",
    b"\x02",
    b"\x03",
    b"\x7f",
    b"\x80\x01",
    b"\xc3\x01",
    b"\xff",
    b"\xfe\xff\xff\xff\x0f",
    b"\xff\xff\xff\xff\x0f",
    b"\x80\x80\x80\x80\x10",
    b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
    b"\xed\xa0\x80",
    b"\xc0\xaf",
    b".",
    b"..",
    b"*",
    b">",
    b"/",
    b"//",
    b"+",
    b"#",
    b"%",
    b"%2F",
    b"%c3%a9",
    b" ",
    b"\r\n",
    b"kaa.v1.",
    b"service.",
    b"replica.",
    b"events.",
    b"_INBOX.",
    b"$SYS.",
    b".esp.ExtensionData",
    b"kp1/",
    b"/kp1/",
    b"/status",
    b"/error",
    b"/0",
    b"/2147483647",
    b"/2147483648",
    b"[",
    b"]",
    b"{",
    b"}",
    b"\"",
    b",",
    b":",
    b"\\",
    b"\\ud800",
    b"null",
    b"true",
    b"-1",
    b"1e400",
    b"\"id\":",
    b"\"keys\":",
    b"\"configId\":",
    b"\"statusCode\":",
    b"\"observe\":",
    b"\x00\x04MQTT\x05",
    b"\x26\x00\x01k\x00\x01v",
    b"\x23\x00\x01",
    b"$share/",
];

/// Changes one to four things about an input.
fn mutate(input: &mut Vec<u8>, pool: &[Vec<u8>], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() + 1);
        let end = (at + random.below(16)).min(input.len());
        match random.below(9) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 if at < input.len() => input[at] = random.byte(),
            2 => drop(input.drain(at..end)),
            3 => input.truncate(at),
            4 => {
                let piece = *random.choose(PIECES);
                input.splice(at..at, piece.iter().copied());
            }
            5 => {
                let piece = *random.choose(PIECES);
                input.splice(at..end, piece.iter().copied());
            }
            6 => {
                let times = 1 + random.below(64);
                let repeated = input[at..end].repeat(times);
                input.splice(at..at, repeated);
            }
            7 => {
                let other = random.choose(pool);
                let from = random.below(other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => input.insert(at, random.byte()),
        }
        input.truncate(MAX_LEN);
    }
}

fn hex(input: &[u8]) -> String {
    input.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn seed() -> u64 {
    match std::env::var("KAA_FUZZ_SEED") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => 0x6b61_6121,
    }
}

fn run(target: &Target, seeds: &[Vec<u8>]) {
    let (_, inputs) = INPUTS.iter().find(|(planned, _)| planned.name == target.name).unwrap();
    let seed = seed();
    let mut random = Random(seed);
    // What is read after a change is worth another one; the known inputs stay.
    let mut pool = seeds.to_vec();
    let mut read = 0;
    for number in 0..*inputs {
        let input = seeds.get(number).cloned().unwrap_or_else(|| {
            let mut input = random.choose(&pool).clone();
            mutate(&mut input, &pool, &mut random);
            input
        });
        let shown = || format!("input {number} of seed {seed}: {}", hex(&input));
        let bytes = Bytes::from(input.clone());

        let mut is_read = false;
        let taken = measure(|| is_read = catch_unwind(|| (target.read)(&bytes)).unwrap_or_default());
        let most = MOST * bytes.len() as u64 + target.fixed;
        let taken = taken.bytes_max;
        assert!(taken <= most, "{}: {} bytes take {taken}; {}", target.name, bytes.len(), shown());

        let checked = catch_unwind(AssertUnwindSafe(|| (target.check)(&bytes)));
        assert!(checked.is_ok(), "{} broke a promise; {}", target.name, shown());
        if is_read {
            read += 1;
            if pool.len() < seeds.len() + 256 {
                pool.push(input);
            } else {
                let slot = seeds.len() + random.below(256);
                pool[slot] = input;
            }
        }
    }
    // A mutator that makes nothing readable any more, or nothing else, tests one side only.
    let share = inputs / 50;
    assert!((share..inputs - share).contains(&read), "{}: {read} of {inputs} are read", target.name);
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<Vec<u8>> {
    texts.map(|text| text.as_bytes().to_vec()).into()
}

#[test]
fn records() {
    let vectors = include_str!("../../../crates/kaa-protocol/tests/golden/vectors.jsonl");
    let seeds: Vec<_> = vectors
        .lines()
        .filter_map(|line| {
            let vector: serde_json::Value = serde_json::from_str(line).unwrap();
            let names = |info: &catalog::RecordInfo| {
                (vector["protocol"].as_str(), vector["record"].as_str(), vector["revision"].as_str())
                    == (Some(info.protocol), Some(info.name), info.revision)
            };
            let index = catalog::RECORDS.iter().position(names).unwrap();
            let digits = vector["hex"].as_str().unwrap();
            let datum =
                (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
            (digits.len() < 2 * MAX_LEN)
                .then(|| [u8::try_from(index).unwrap()].into_iter().chain(datum).collect())
        })
        .collect();
    assert!(seeds.len() > 250, "{} golden vectors", seeds.len());
    run(&RECORDS, &seeds);
}

#[test]
fn subjects() {
    let seeds = texts([
        "kaa.v1.service.dcx.esp.ClientData",
        "kaa.v1.replica.5cd4ad9f-1a7e.cdtp.response",
        "kaa.v1.events.cdp.endpoint.config.updated",
        "kaa.v1.events.epts.endpoint.data-collection.data-points-received.auto~temperature",
        "kaa.v1.service.cmx",
        "kaa.v1.service.cmx.cmx-0",
        "kaa.v1.events.*.endpoint.config.>",
        "_INBOX.cafe.7",
        "humidity-sensor-v3",
    ]);
    run(&SUBJECTS, &seeds);
}

#[test]
fn reply_to() {
    let seeds = texts([
        "kaa.v1.replica.kpc-0.esp.ExtensionData",
        "kaa.v1.service.kpc.esp.ClientData",
        "kaa.v1.replica.cmx-0.cdtp.response",
        "kaa.v1.replica.cmx-0.cip.command-result",
        "kaa.v1.replica.dcx-0.dstp.DataSamplesProcessed",
        "kaa.v1.service.cmx.cmx-0",
        "_INBOX.d6mMYbCLFGbBOp9NGq.x",
        "$SYS.REQ.SERVER.PING",
    ]);
    run(&REPLY_TO, &seeds);
}

#[test]
fn paths() {
    let seeds = texts([
        "kp1/humidity-sensor-v3/dcx/token-1/json/42",
        "kp1/v3/dcx/token-1/json",
        "kp1/v3/cmx/json/config/0",
        "kp1/v3/dcx/token-1/json/42/status",
        "kp1/v3/dcx/token-1/json/42/error",
        "/kp1/humidity-sensor-v3/dcx/token-1/json",
        "/kp1/v3/dcx/t%C3%B6ken/pl%20an",
        "/json/config",
        "2147483647",
    ]);
    run(&PATHS, &seeds);
}

#[test]
fn payloads() {
    let payloads = [
        r#"[{"a": [1.0, "\ud83e\udd80", null]}, -1e-400, "[,]", [], true]"#,
        "-12.50e3%",
        r#"{"a": [1.0, "\u00fc", null], "b": {}}"#,
        r#"{"statusCode": 404, "reasonPhrase": "\"no\""}"#,
        r#"{"configId": "a", "observe": true}"#,
        r#"{"configId": "a", "config": {"b": [1e400]}}"#,
        r#"{"configId": "a", "statusCode": 400, "reasonPhrase": null}"#,
        r#"{"keys": ["a", "b_1"]}"#,
        r#"["a", "b_1"]"#,
        r#"{"a": {"b": 1}, "c": 1e400}"#,
        r#"{"a": {"b": 1}, "c": "x"}"#,
        r#"["a", "b_1"]"#,
        r#"{"observe": true}"#,
        r#"[{"id": 1, "type": "reboot", "payload": {"delay": 1.50}}]"#,
        r#"[{"id": 1, "statusCode": 500, "reasonPhrase": "x", "payload": []}]"#,
    ];
    let seeds: Vec<_> =
        (0..).zip(payloads).map(|(index, text)| [&[index], text.as_bytes()].concat()).collect();
    for seed in &seeds {
        assert!((PAYLOADS.read)(&Bytes::copy_from_slice(seed)), "{}", String::from_utf8_lossy(seed));
    }
    run(&PAYLOADS, &seeds);
}

#[test]
fn packets() {
    let captured = include_str!("../../../crates/kaa-kpc/tests/golden/captured.txt");
    let is_hex = |line: &&str| line.starts_with(|first: char| first.is_ascii_hexdigit());
    let from_hex = |digits: &str| -> Vec<u8> {
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap()).collect()
    };
    let mut seeds = Vec::new();
    for conversation in captured.split("\n\n").filter(|paragraph| paragraph.starts_with('[')) {
        // Each packet on a connection of its version, and the whole conversation on a new one.
        let version = if conversation.starts_with("[5]") { 2 } else { 1 };
        let lines: Vec<_> = conversation.lines().filter(is_hex).map(from_hex).collect();
        seeds.extend(lines[1..].iter().map(|line| [&[version], &line[..]].concat()));
        seeds.push([&[0], &lines.concat()[..]].concat());
    }
    let count = seeds.len();
    // One message has an alias in place of its topic, which another packet has to explain.
    seeds.retain(|seed| (PACKETS.read)(&Bytes::copy_from_slice(seed)));
    assert_eq!(count - seeds.len(), 1);
    run(&PACKETS, &seeds);
}

#[test]
fn a_run_is_more_than_a_million_inputs_and_leaves_no_target_out() {
    let names = |targets: &[Target]| targets.iter().map(|target| target.name).collect::<Vec<_>>();
    assert_eq!(names(&INPUTS.map(|(target, _)| target)), names(&TARGETS));
    assert!(INPUTS.iter().map(|(_, inputs)| inputs).sum::<usize>() >= 1_000_000);

    let binaries =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/fuzz_targets")).unwrap();
    let mut binaries: Vec<_> =
        binaries.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    binaries.sort();
    let mut expected = TARGETS.map(|target| format!("{}.rs", target.name));
    expected.sort();
    assert_eq!(binaries, expected, "`cargo fuzz` has the same targets");
}
