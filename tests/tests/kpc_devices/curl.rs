//! Devices on `curl`.

use std::fs;

use kaa_tests::clients::run;
use serde_json::{Value, json};

use crate::world::World;

/// A response as curl tells it.
#[derive(Debug, PartialEq, Eq)]
struct Response {
    code: u16,
    content_type: String,
    body: String,
}

impl Response {
    /// The status code of an error, whose body says the same; its reason is for people.
    fn error(&self) -> u16 {
        assert_eq!(self.content_type, "application/json", "{self:?}");
        let mut error: Value = serde_json::from_str(&self.body).unwrap();
        let reason = error.as_object_mut().unwrap().remove("reasonPhrase");
        assert!(reason.is_some_and(|reason| !reason.as_str().unwrap().is_empty()), "{self:?}");
        assert_eq!(error, json!({ "statusCode": self.code }));
        self.code
    }
}

/// Types `curl -X POST` for a path.
async fn post(world: &World, path: &str, arguments: &[&str]) -> Response {
    let url = format!("http://{}{path}", world.kpc.address("http"));
    let always = ["-sS", "-X", "POST", "-w", "\n%{http_code}\n%{content_type}"];
    let ended = run("curl", &[&always, arguments, &[&url]].concat()).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let mut lines = ended.stdout.rsplitn(3, '\n');
    let (content_type, code, body) = (lines.next().unwrap(), lines.next().unwrap(), lines.next().unwrap());
    Response { code: code.parse().unwrap(), content_type: content_type.to_owned(), body: body.to_owned() }
}

#[tokio::test]
async fn a_success_is_200_with_the_payload() {
    let world = World::start().await;
    let data = ["-d", r#"[{"temperature":21}]"#];
    let seen = post(&world, "/kp1/av/quickstart/device-1/json", &data).await;
    assert_eq!((seen.code, seen.body.as_str()), (200, r#"{"accepted":1}"#));
    // The type of the content is not looked at.
    let data = ["-H", "Content-Type: image/png", "-d", "any bytes"];
    let seen = post(&world, "/kp1/av/quickstart/device-1/echo", &data).await;
    assert_eq!((seen.code, seen.body.as_str()), (200, "any bytes"));
}

#[tokio::test]
async fn an_empty_success_is_200_too() {
    let world = World::start().await;
    for data in [&[][..], &["-d", ""], &["-H", "Transfer-Encoding: chunked", "-d", ""]] {
        let seen = post(&world, "/kp1/av/quickstart/device-1/echo", data).await;
        assert_eq!((seen.code, seen.body.as_str()), (200, ""));
    }
}

#[tokio::test]
async fn an_error_is_its_status_code_with_a_json_body() {
    let world = World::start().await;
    for (path, code) in [
        ("/kp1/av/quickstart/device-1/weather", 404),
        ("/kp1/av/nobody/device-1/json", 503),
        ("/kp1/av/quickstart", 400),
        ("/kp1/av/quick%2Fstart/device-1/json", 400),
    ] {
        assert_eq!(post(&world, path, &["-d", "{}"]).await.error(), code, "{path}");
    }
    let broken = post(&world, "/kp1/av/quickstart/device-1/json", &["-d", "[{]"]).await;
    assert_eq!(broken.error(), 400);
}

#[tokio::test]
async fn a_body_may_be_as_large_as_the_limit_and_not_larger() {
    const LIMIT: usize = 256 * 1024;
    let world = World::start().await;
    let directory = tempfile::tempdir().unwrap();
    for (size, code) in [(LIMIT - 1, 200), (LIMIT, 200), (LIMIT + 1, 413), (16 * LIMIT, 413)] {
        let body = directory.path().join(format!("{size}"));
        fs::write(&body, vec![b'x'; size]).unwrap();
        let body = format!("@{}", body.display());
        for length in ["Expect:", "Transfer-Encoding: chunked"] {
            let arguments = ["-H", length, "--data-binary", &body];
            let seen = post(&world, "/kp1/av/quickstart/device-1/echo", &arguments).await;
            assert_eq!(seen.code, code, "{size} bytes, {length}");
            if code == 200 {
                assert_eq!(seen.body.len(), size);
            } else {
                assert_eq!(seen.error(), 413);
            }
        }
    }
}

#[tokio::test]
async fn requests_at_the_same_time_get_each_their_own_answer() {
    let world = World::start().await;
    let devices = world.kpc.address("http");
    let url = |most| format!("http://{devices}/kp1/av/quickstart/device-[1-{most}]/greet/[1-{most}]");
    // 3,600 answers of one transfer each, thirty at a time, on connections that are kept.
    let arguments = ["-sS", "-X", "POST", "-d", "", "--parallel", "--parallel-max", "30"];
    let written = ["-o", "/dev/null", "-w", "%{http_code}\n", &url(60)];
    let ended = run("curl", &[&arguments[..], &written].concat()).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert_eq!(ended.stdout.lines().filter(|code| *code == "200").count(), 3600, "{}", ended.stderr);

    let directory = tempfile::tempdir().unwrap();
    let answers = format!("{}/#1-#2", directory.path().display());
    let ended = run("curl", &[&arguments[..], &["-o", &answers, &url(9)]].concat()).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for (device, name) in (1..=9).flat_map(|device| (1..=9).map(move |name| (device, name))) {
        let answer = fs::read_to_string(directory.path().join(format!("{device}-{name}"))).unwrap();
        assert_eq!(answer, format!("Hello, {name}!"));
    }
}

#[tokio::test]
async fn what_is_no_post_of_1_kp_is_refused() {
    let world = World::start().await;
    let post = post(&world, "/elsewhere", &["-d", ""]).await;
    assert_eq!(post.error(), 404);
    let url = format!("http://{}/kp1/av/quickstart/device-1/json", world.kpc.address("http"));
    let ended = run("curl", &["-sS", "-o", "/dev/null", "-w", "%{http_code}", &url]).await;
    assert_eq!(ended.stdout, "405");
}
