//! Ports that cannot be had.

use std::net::TcpListener;

use super::{Written, options};
use crate::{DemoError, ports};

#[tokio::test]
async fn every_taken_port_is_named_with_its_flag_and_what_to_do() {
    let (one, two) = (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port().to_string();
    let options = options(&["--mqtt", &port(&one), "--cex", &port(&two)]);
    let written = Written::default();
    let error = crate::run(&options, &written.transcript(), std::future::pending()).await.unwrap_err();
    assert!(matches!(error, DemoError::Ports(_)));
    let text = format!("{error:?}");
    for (flag, listener) in [("--mqtt", &one), ("--cex", &two)] {
        let port = port(listener);
        assert!(text.contains(&format!("port {port} ({flag}) is taken")), "{text}");
        assert!(text.contains(&format!("{flag} 0 takes any that is free")), "{text}");
    }
    assert_eq!(text.lines().count(), 3, "{text}");
    assert_eq!(written.text(), "", "nothing has started");
}

#[test]
fn two_flags_cannot_have_the_same_port() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let error = ports::check(&options(&["--cdp", &free, "--epts", &free])).unwrap_err().to_string();
    assert!(error.contains("(--epts) is taken") && !error.contains("(--cdp)"), "{error}");
}

#[test]
fn the_demo_is_for_this_machine_alone() {
    let error = ports::check(&options(&["--http", "0.0.0.0:0"])).unwrap_err().to_string();
    assert!(error.contains("asks nobody who they are") && error.contains("--http 127.0.0.1:0"), "{error}");
    ports::check(&options(&[])).unwrap();
}

#[test]
fn a_port_is_an_address_and_what_is_none_is_refused() {
    use clap::Parser;
    assert_eq!(options(&["--mqtt", "1884"]).mqtt, "127.0.0.1:1884".parse().unwrap());
    assert_eq!(options(&["--mqtt", "[::1]:1884"]).mqtt, "[::1]:1884".parse().unwrap());
    for (flag, value, expected) in
        [("--mqtt", "70000", "a port such as 1884"), ("--duration", "soon", "a duration such as")]
    {
        let error = crate::Options::try_parse_from(["demo", flag, value]).unwrap_err().to_string();
        assert!(error.contains(flag) && error.contains(expected), "{error}");
    }
}
