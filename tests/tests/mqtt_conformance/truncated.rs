//! Packets that are cut short, at each of their bytes, in both versions.

use crate::connection::Segments;
use crate::notation::{self, Identifiers, Item};
use crate::run::Conversations;
use crate::server::{self, Server};

/// What comes before, the packet, and how long its body may be, apart from as long as it is.
const WHOLE: &[(&str, &str, &[usize])] = &[
    ("", "10 ['MQTT' 04 CE 003C 'short@' 'will' 'x' 'user' 'secret']", &[]),
    (
        "",
        "10 ['MQTT' 05 CE 003C {11 00000000 26 'a' 'b'} 'short@' {18 00000001 03 'text'} 'will' 'x' 'user' 'secret']",
        &[],
    ),
    ("v4", "32 ['a/b' 0001]", &[]),
    ("v5", "32 ['a/b' 0001 {02 0000003C 08 'r' 09 'c' 26 'a' 'b'}]", &[]),
    ("v4", "62 [0001]", &[]),
    ("v5", "62 [0001 00 {1F 'why'}]", &[2, 3]),
    ("v4", "82 [0001 '~/a' 00 '~/b' 01]", &[24]),
    ("v5", "82 [0001 {26 'a' 'b'} '~/a' 00 '~/b' 01]", &[32]),
    ("v4", "A2 [0001 '~/a' '~/b']", &[23]),
    ("v5", "A2 [0001 {26 'a' 'b'} '~/a' '~/b']", &[31]),
    ("v5", "E0 [00 {1F 'why' 26 'a' 'b'}]", &[]),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn packets_that_are_cut_short_end_the_connection() {
    let server = Server::start(server::roomy()).await;
    let mut conversations = Conversations::new(server.address());
    for (before, whole, fine) in WHOLE {
        let items = match &notation::steps(&format!("> {whole}"), "whole")[0].act {
            notation::Act::Send(items) => items.clone(),
            other => panic!("{other:?} is not sent"),
        };
        let (Item::Bytes(first), Item::Frame(body)) = (&items[0], &items[1]) else { panic!("{whole}") };
        let body = notation::encode(body, &Identifiers::new());
        let answers = match (*before, first[0]) {
            ("", _) => "<? 20 [00 81/82/85 {*}]",
            ("v5", 0xE0) => "<? E0 [81/82 *]",
            ("v5", _) => "< E0 [81/82 *]",
            _ => "",
        };
        for size in (0..body.len()).filter(|size| !fine.contains(size)) {
            let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X} ")).collect::<String>();
            let (head, part) = (hex(first), hex(&body[..size]));
            let name = format!("{}to{size}of{}", head.trim(), body.len());
            // DISCONNECT of nothing is whole, and ends the connection too.
            let shorter = format!("{before} > {head}[{part}] {answers} x");
            conversations.add(
                format!("{whole} with {size} bytes"),
                Segments::AsWritten,
                notation::steps(&shorter, &name),
            );
            let length = hex(&notation::length(body.len()));
            let broken = format!("{before} > {head}{length}{part} eof x");
            let name = format!("eof{name}");
            conversations.add(
                format!("{whole}, ended after {size} bytes"),
                Segments::AsWritten,
                notation::steps(&broken, &name),
            );
        }
    }
    conversations.check("truncated packets").await;
    server.stop().await;
}
