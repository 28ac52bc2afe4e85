//! Requests that two readers might understand differently, and others that are none.

use super::world::{Client, World, post};

/// What must not come out of any of the requests below.
const SMUGGLED: &str = "POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nContent-Length: 8\r\n\r\nsmuggled";

/// Requests by their heads, each with what is wrong with it. All of them are answered once, with 400, and end
/// the connection.
const REFUSED: &[(&str, &str)] = &[
    // How long is the body?
    (
        "both lengths",
        "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "both, the other way",
        "POST /E HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    ),
    ("two lengths", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 4\r\n\r\n"),
    (
        "the same length twice",
        "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd",
    ),
    ("a list of lengths", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: 4, 4\r\n\r\nabcd"),
    ("a signed length", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: +4\r\n\r\nabcd"),
    ("a negative length", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: -4\r\n\r\nabcd"),
    ("a hexadecimal length", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: 0x4\r\n\r\nabcd"),
    ("a length with a fraction", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: 4.0\r\n\r\nabcd"),
    ("a length in words", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: four\r\n\r\nabcd"),
    ("no length in its field", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n"),
    ("a length of 64 bits", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\n"),
    ("a length of 65 bits", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551620\r\n\r\n"),
    ("another coding", "POST /E HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"),
    ("nearly chunked", "POST /E HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
    (
        "chunked, then more",
        "POST /E HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    ),
    (
        "chunked after something",
        "POST /E HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ),
    (
        "chunked twice",
        "POST /E HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("chunked in quotes", "POST /E HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: 'chunked'\r\n\r\n0\r\n\r\n"),
    ("chunked in HTTP/1.0", "POST /E HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (
        "a coding with a control character",
        "POST /E HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    ),
    // Where does a line end?
    ("a bare line feed after the request line", "POST /E HTTP/1.1\nHost: h\r\n\r\n"),
    ("a bare line feed after a field", "POST /E HTTP/1.1\r\nHost: h\nContent-Length: 0\r\n\r\n"),
    ("bare line feeds at the end", "POST /E HTTP/1.1\r\nHost: h\n\n"),
    ("a bare line feed at the very end", "POST /E HTTP/1.1\r\nHost: h\r\n\n"),
    ("a bare carriage return in a value", "POST /E HTTP/1.1\r\nHost: h\r\nA: b\rContent-Length: 4\r\n\r\n"),
    ("a bare carriage return in a name", "POST /E HTTP/1.1\r\nHost: h\r\nA\rB: c\r\n\r\n"),
    ("a bare carriage return in the request line", "POST /E\r HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a value that is continued", "POST /E HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n"),
    ("a length that is continued", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\t4\r\n\r\nabcd"),
    ("a blank before the first field", "POST /E HTTP/1.1\r\n Host: h\r\n\r\n"),
    ("two empty lines first", "\r\n\r\nPOST /E HTTP/1.1\r\nHost: h\r\n\r\n"),
    // What is the field?
    ("a blank before the colon", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length : 4\r\n\r\nabcd"),
    ("a blank in a name", "POST /E HTTP/1.1\r\nHost: h\r\nContent Length: 4\r\n\r\nabcd"),
    ("no name", "POST /E HTTP/1.1\r\nHost: h\r\n: b\r\n\r\n"),
    ("no colon", "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length\r\n\r\n"),
    ("a NUL in a name", "POST /E HTTP/1.1\r\nHost: h\r\nA\0: b\r\n\r\n"),
    ("a NUL in a value", "POST /E HTTP/1.1\r\nHost: h\r\nA: b\0\r\n\r\n"),
    ("a control character in a value", "POST /E HTTP/1.1\r\nHost: h\r\nA: b\x07\r\n\r\n"),
    ("an escape sequence in a value", "POST /E HTTP/1.1\r\nHost: h\r\nA: \x1b[31m\r\n\r\n"),
    ("a DEL in a value", "POST /E HTTP/1.1\r\nHost: h\r\nA: \x7f\r\n\r\n"),
    ("a name that is not ASCII", "POST /E HTTP/1.1\r\nHost: h\r\nä: b\r\n\r\n"),
    // Who is meant?
    ("no host", "POST /E HTTP/1.1\r\n\r\n"),
    ("two hosts", "POST /E HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n"),
    ("the same host twice", "POST /E HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n"),
    ("a host with a path", "POST /E HTTP/1.1\r\nHost: h/i\r\n\r\n"),
    ("a host with a user", "POST /E HTTP/1.1\r\nHost: i@h\r\n\r\n"),
    ("two hosts in one", "POST /E HTTP/1.1\r\nHost: h, i\r\n\r\n"),
    ("a URL of another host", "POST http://i/E HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a URL of another port", "POST http://h:81/E HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a URL with a user", "POST http://h@i/E HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a URL of another scheme", "POST ftp://h/E HTTP/1.1\r\nHost: h\r\n\r\n"),
    // What is asked for?
    ("a parent segment", "POST /kp1/../E HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("an escaped parent segment", "POST /E/%2e%2E/echo HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a segment that says here", "POST /./E HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("an escaped slash", "POST /kp1/v1/ext%2Fep-1/echo HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("an escaped NUL", "POST /E%00 HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("half an escape", "POST /E%4 HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("an escape that is none", "POST /E%zz HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("escapes that are not UTF-8", "POST /E%ff HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a query", "POST /E?a=b HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("an empty query", "POST /E? HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a fragment", "POST /E#a HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a target that is not ASCII", "POST /E/ä HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a wildcard", "POST /E/+ HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a target of * for another method", "POST * HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("no leading slash", "POST kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("too short a path", "POST /kp1/v1 HTTP/1.1\r\nHost: h\r\n\r\n"),
    // Is this HTTP/1.1 at all?
    ("two blanks in the request line", "POST  /E HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a blank in the target", "POST /E /E HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a tab in the request line", "POST\t/E HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a blank first", " POST /E HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("no target", "POST HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a NUL in the method", "PO\0ST /E HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("a NUL in the target", "POST /E\0 HTTP/1.1\r\nHost: h\r\n\r\n"),
    ("HTTP/0.9", "GET /\r\n\r\n"),
    ("HTTP/1.2", "POST /E HTTP/1.2\r\nHost: h\r\n\r\n"),
    ("HTTP/2.0", "POST /E HTTP/2.0\r\nHost: h\r\n\r\n"),
    ("HTTP/1.10", "POST /E HTTP/1.10\r\nHost: h\r\n\r\n"),
    ("HTTP in small letters", "POST /E http/1.1\r\nHost: h\r\n\r\n"),
    ("another protocol", "POST /E RTSP/1.0\r\nHost: h\r\n\r\n"),
    ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("TLS", "\x16\x03\x01\x02\0\x01\0\x01\u{fc}\x03\x03"),
    ("MQTT", "\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0"),
    // Where does the body end?
    ("a chunk size that is none", "POST /C g\r\nabc\r\n0\r\n\r\n"),
    ("no chunk size", "POST /C \r\nabc\r\n0\r\n\r\n"),
    ("a chunk size with a prefix", "POST /C 0x3\r\nabc\r\n0\r\n\r\n"),
    ("a negative chunk size", "POST /C -3\r\nabc\r\n0\r\n\r\n"),
    ("a chunk size of 68 bits", "POST /C 10000000000000003\r\nabc\r\n0\r\n\r\n"),
    ("a blank after the chunk size", "POST /C 3 \r\nabc\r\n0\r\n\r\n"),
    ("a bare line feed after the chunk size", "POST /C 3\nabc\r\n0\r\n\r\n"),
    ("a bare line feed after a chunk", "POST /C 3\r\nabc\n0\r\n\r\n"),
    ("a chunk that is longer than it says", "POST /C 3\r\nabcd\r\n0\r\n\r\n"),
    ("a line feed in an extension", "POST /C 3;a\nb\r\nabc\r\n0\r\n\r\n"),
    ("a NUL in an extension", "POST /C 3;a\0b\r\nabc\r\n0\r\n\r\n"),
    ("a trailer", "POST /C 3\r\nabc\r\n0\r\nContent-Length: 4\r\n\r\n"),
    ("a bare line feed at the end of the body", "POST /C 3\r\nabc\r\n0\r\n\n"),
];

/// What the abbreviations in the table stand for.
fn spelled_out(request: &str) -> String {
    let chunked = "/kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    request.replace("/C ", chunked).replace("/E", "/kp1/v1/ext/ep-1/echo")
}

/// Whether all that comes is one 400, and then the end.
async fn is_refused(client: &mut Client) -> bool {
    let (got, has_ended) = client.all().await;
    let [got] = &got[..] else { return false };
    has_ended && got.status == 400 && (got.body.is_empty() || got.error().0 == 400)
}

#[tokio::test(start_paused = true)]
async fn what_leaves_room_for_doubt_is_refused_and_is_the_last_request() {
    let world = World::new().await;
    let mut served = Vec::new();
    for (what, request) in REFUSED {
        let request = spelled_out(request) + SMUGGLED;
        let mut client = world.client();
        client.push(&request).await;
        if !is_refused(&mut client).await {
            served.push((*what, "at once"));
        }
        let mut client = world.client();
        for byte in request.bytes() {
            client.push([byte]).await;
            tokio::task::yield_now().await;
        }
        if !is_refused(&mut client).await {
            served.push((*what, "byte by byte"));
        }
        let mut client = world.client();
        client.push(post("/slow/1", "") + &request).await;
        assert_eq!(client.get().await.unwrap().status, 200);
        if !is_refused(&mut client).await {
            served.push((*what, "behind another"));
        }
    }
    assert_eq!(served, []);
}

#[tokio::test(start_paused = true)]
async fn what_is_unusual_but_clear_is_served() {
    let world = World::new().await;
    for request in [
        "\r\nPOST /E HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /E HTTP/1.1\r\nHost:\r\n\r\n",
        "POST /E HTTP/1.1\r\nhOST:h\r\n\r\n",
        "POST /E HTTP/1.1\r\nHost: h:80\r\n\r\n",
        "POST /E HTTP/1.1\r\nHost: [::1]:8008\r\n\r\n",
        "POST http://h/E HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST HTTP://H:80/E HTTP/1.1\r\nHost: h:80\r\n\r\n",
        "POST https://h/E HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /E HTTP/1.1\r\nHost: h\r\nA:\r\nB: \t c \t\r\nC: \"ä\"\r\n\r\n",
        "POST /E HTTP/1.1\r\nHost: h\r\nContent-Length: 0004\r\n\r\nabcd",
        "POST /E HTTP/1.1\r\nHost: h\r\ntransfer-encoding:\tCHUNKED \r\n\r\n4;a=\"b c\"\r\nabcd\r\n000\r\n\r\n",
        "POST /E HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
    ] {
        let mut client = world.client();
        client.send(spelled_out(request) + &post("/echo", "second")).await;
        let (got, has_ended) = client.all().await;
        assert_eq!((got.len(), got[0].status, has_ended), (2, 200, false), "{request:?}: {got:?}");
        assert_eq!(&got[1].body[..], b"second", "{request:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_expectation_that_nobody_knows_is_417() {
    let world = World::new().await;
    let mut client = world.client();
    let got = client.ask("POST /kp1/v1/ext/ep-1/echo HTTP/1.1\r\nHost: h\r\nExpect: wonders\r\n\r\n").await;
    assert_eq!((got.error().0, got.closes()), (417, true));
}

#[tokio::test(start_paused = true)]
async fn a_tunnel_is_not_dug() {
    let world = World::new().await;
    let mut client = world.client();
    let got = client.ask("CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n").await;
    assert_eq!((got.error().0, got.closes()), (405, true));
    assert_eq!(client.end().await, 0.0);
}
