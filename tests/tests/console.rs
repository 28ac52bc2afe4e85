//! The page of the console in a browser: on a stub that says what a server would say (`tests/clients/console`), and on
//! the demo.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::process::Stdio;

use kaa_tests::clients::Looker;
use kaa_tests::program::program;
use kaa_tests::service::Service;
use serde_json::Value;
use tokio::process::Command;

/// Visits the console as a scenario of `tests/clients/console` says; on the stub unless the arguments have a `--url`.
/// In all of them nothing runs that was sent, nothing is asked of another host, and the browser has nothing to object to.
async fn visit(arguments: &[&str]) -> Value {
    Looker::Browser.look(Stdio::null(), arguments).await
}

#[tokio::test]
async fn a_message_that_is_sent_with_the_form_is_seen_with_its_answer_and_by_keyboard() {
    let pictures = tempfile::tempdir().unwrap();
    let seen = visit(&["tour", "--pictures", pictures.path().to_str().unwrap()]).await;
    assert_eq!(seen["status"], "200");
    for taken in seen["taken"].as_array().unwrap() {
        assert!(fs::read(taken.as_str().unwrap()).unwrap().starts_with(b"\x89PNG"), "{taken}");
    }
}

#[tokio::test]
async fn the_same_on_the_demo_with_its_devices_at_work() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = Command::new(program("demo"));
    demo.args(["--mqtt=0", "--http=0", "--cdp=0", "--epts=0", "--cex=0", "--ccm=0", "--console=0"]);
    let mut demo = Service::start({
        demo.env("TMPDIR", temporary.path());
        demo
    });
    let line = demo.logged("messages, live").await;
    let url = line.split_whitespace().last().unwrap().to_owned();
    let payload = r#"[{"temperature":21}]"#;
    let pictures = temporary.path().join("pictures");
    let seen = visit(&[
        "tour",
        "--url",
        &url,
        "--service",
        "dcx",
        "--resource",
        "/json",
        "--payload",
        payload,
        "--pictures",
        pictures.to_str().unwrap(),
    ])
    .await;
    assert_eq!(seen["status"], "200");
    demo.interrupt();
    assert!(demo.ended().await);
}

#[tokio::test]
async fn a_newcomer_sees_what_to_do_until_there_is_something() {
    let seen = visit(&["newcomer"]).await;
    assert_eq!(seen["commands"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn the_first_message_of_a_service_has_its_track_and_its_time_before_the_service_is_known() {
    let seen = visit(&["first"]).await;
    assert_eq!(seen["tracks"], 2);
}

#[tokio::test]
async fn a_form_follows_the_schema_and_tells_what_is_wrong_before_it_sends() {
    let seen = visit(&["form"]).await;
    assert_eq!(seen["lines"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_message_is_found_among_many_by_what_is_known_of_it() {
    let seen = visit(&["filter"]).await;
    assert!(seen["refused"].as_u64().unwrap() > 5);
}

#[tokio::test]
async fn news_of_an_old_message_change_its_row_and_make_no_new_one_of_it() {
    let seen = visit(&["late"]).await;
    assert_eq!(seen["rows"], 500);
}

#[tokio::test]
async fn an_optional_part_of_a_path_is_there_as_a_whole_or_not_at_all() {
    let seen = visit(&["paths"]).await;
    assert_eq!(seen["ways"], 9);
}

#[tokio::test]
async fn any_schema_makes_a_form_and_none_takes_long() {
    let seen = visit(&["schemas"]).await;
    assert!(seen["schemas"].as_u64().unwrap() > 200);
}

#[tokio::test]
async fn a_message_that_is_sent_again_is_the_same_message() {
    let seen = visit(&["again"]).await;
    assert_eq!(seen["sent"], 32);
}

#[tokio::test]
async fn what_devices_and_services_send_is_text_and_nothing_else() {
    let seen = visit(&["hostile"]).await;
    assert!(seen["texts"].as_u64().unwrap() > 10);
}

#[tokio::test]
async fn a_stream_that_breaks_is_told_and_goes_on() {
    let seen = visit(&["broken"]).await;
    assert!(seen["said"].as_str().unwrap().contains("trying again"));
}

#[tokio::test]
async fn a_page_that_nobody_looks_at_gives_up_its_stream_and_goes_on_when_somebody_does() {
    let seen = visit(&["hidden"]).await;
    assert_eq!(seen["said"], "paused while hidden");
}

#[tokio::test]
async fn a_burst_is_bounded_and_the_page_stays_at_ease() {
    let seen = visit(&["burst"]).await;
    println!("frames while 4,000 messages came, and what the page held: {seen:#}");
}

#[tokio::test]
async fn less_motion_and_narrow_windows_are_respected() {
    let seen = visit(&["still"]).await;
    assert!(seen["width"].as_u64().unwrap() <= 800);
}

#[tokio::test]
async fn the_pictures_of_the_book_can_be_taken_and_are_small() {
    let pictures = tempfile::tempdir().unwrap();
    let seen = visit(&["pictures", "--pictures", pictures.path().to_str().unwrap()]).await;
    assert_eq!(seen["taken"].as_object().unwrap().len(), 4);
}

#[tokio::test]
async fn everything_can_be_read_named_and_reached_with_the_keyboard() {
    let seen = visit(&["readable"]).await;
    assert!(seen["stops"].as_u64().unwrap() > 10);
}
