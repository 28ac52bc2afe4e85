//! What a person reads.

use std::time::Duration;

use super::Written;
use crate::transcript::{Columns, Mood, Outcome, Transcript, printable};

fn exchange(transcript: &Transcript, asked: &str, payload: &[u8], mood: Mood) {
    let outcome = Outcome { status: "200", payload, took: Duration::from_micros(1_234), mood };
    transcript.exchange("cellar", asked, &outcome);
}

#[tokio::test(start_paused = true)]
async fn answers_stand_below_each_other() {
    let written = Written::default();
    let transcript = written.transcript();
    exchange(&transcript, "dcx /json [1]", b"", Mood::Good);
    exchange(&transcript, &"x".repeat(500), b"{}", Mood::Good);
    let text = written.text();
    let columns: Vec<_> = text
        .lines()
        .map(|line| line.chars().collect::<Vec<_>>())
        .map(|line| line.windows(6).position(|six| six.iter().collect::<String>() == "200   ").unwrap())
        .collect();
    assert_eq!(columns.len(), 2);
    assert!(columns.windows(2).all(|two| two[0] == two[1]), "{text}");
    assert!(
        text.starts_with("   0.00 s  cellar      -> dcx /json [1] ") && text.contains("1.2 ms"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_line_is_wider_than_the_terminal() {
    for width in [80, 100, 164, 165, 300] {
        let written = Written::default();
        let transcript = Transcript::with(written.clone(), false, Columns::within(width));
        exchange(&transcript, &"x".repeat(500), &[b'y'; 500], Mood::Good);
        transcript.push("greenhouse", "cmx /config/json", &[b'y'; 500]);
        transcript.note("greenhouse", &"z".repeat(500));
        let widths: Vec<_> = written.text().lines().map(|line| line.chars().count()).collect();
        assert!(widths.iter().all(|line| *line <= width.min(165)), "{width}: {widths:?}");
        assert_eq!(widths.first(), Some(&width.min(165)));
    }
    assert_eq!(Columns::within(0), Columns::within(80), "nothing is left out altogether");
}

#[tokio::test(start_paused = true)]
async fn there_are_colours_on_a_terminal_and_nowhere_else() {
    let plain = Written::default();
    exchange(&plain.transcript(), "dcx /json", b"{}", Mood::Bad);
    assert!(!plain.text().contains('\u{1b}'), "{}", plain.text());
    let coloured = Written::default();
    exchange(&Transcript::new(coloured.clone(), true), "dcx /json", b"{}", Mood::Bad);
    assert!(coloured.text().contains("\u{1b}[31m200\u{1b}[0m"), "{:?}", coloured.text());
}

#[tokio::test(start_paused = true)]
async fn hostile_payloads_cannot_do_anything_to_the_terminal() {
    let hostile: String = (0..=0x9f).filter_map(char::from_u32).chain(['\u{202e}', '\u{2066}']).collect();
    for part in hostile.chars() {
        let written = Written::default();
        let transcript = written.transcript();
        let text = part.to_string();
        exchange(&transcript, &text, text.as_bytes(), Mood::Good);
        transcript.push("cellar", &text, text.as_bytes());
        transcript.note("cellar", &text);
        let written = written.text();
        assert_eq!(written.matches('\n').count(), 3, "{written:?}");
        let rest = written.replace('\n', "");
        assert!(!rest.contains(|c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{2066}')), "{rest:?}");
    }
}

#[test]
fn a_text_is_cut_where_it_does_not_fit_any_more() {
    for (length, expected) in [(7, "aaaaaaa"), (8, "aaaaaaaa"), (9, "aaaaaaa…")] {
        assert_eq!(printable("a".repeat(length).as_bytes(), 8), expected);
    }
    assert_eq!(printable("ä".repeat(1 << 20).as_bytes(), 4), "äää…");
    assert_eq!(printable(&[0xff, b'"', b'\\'], 8), "\u{fffd}\"\\");
}
