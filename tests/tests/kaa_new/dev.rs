//! `kaa dev`: an extension is changed while devices use it.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use kaa_tests::http;
use kaa_tests::program::program;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{compiling, make};

/// How long it may take until something is compiled, with nothing compiled before.
const PATIENCE: Duration = Duration::from_secs(600);

/// `kaa dev` at work.
struct Developing {
    kaa: Child,
    says: Lines<BufReader<ChildStderr>>,
    prints: Lines<BufReader<ChildStdout>>,
}

impl Developing {
    fn start(directory: &Path) -> Self {
        // A signal that is listened to here is not ignored by children, should this test run under `nohup`.
        let _listening = signal(SignalKind::hangup()).unwrap();
        let mut kaa = Command::new(program("kaa"));
        kaa.args(["dev", "--path"]).arg(directory);
        for port in ["--http", "--mqtt", "--nats", "--console"] {
            kaa.args([port, "127.0.0.1:0"]);
        }
        kaa.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        compiling(&mut kaa).env("CARGO_NET_OFFLINE", "true");
        let mut kaa = tokio::process::Command::from(kaa).kill_on_drop(true).spawn().unwrap();
        let says = BufReader::new(kaa.stderr.take().unwrap()).lines();
        let prints = BufReader::new(kaa.stdout.take().unwrap()).lines();
        Self { kaa, says, prints }
    }

    /// The rest of the next line it says with this in it.
    async fn says(&mut self, what: &str) -> String {
        after(&mut self.says, what).await
    }

    /// Ends it as a terminal does that is closed: the extension, in a process group of its own, hears nothing of that.
    async fn hang_up(mut self) {
        let pid = Pid::from_raw(self.kaa.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::HUP).unwrap();
        self.says("stopped unfinished=0").await;
        assert!(timeout(PATIENCE, self.kaa.wait()).await.unwrap().unwrap().success());
    }
}

async fn after(lines: &mut Lines<BufReader<impl AsyncRead + Unpin>>, what: &str) -> String {
    let found = async {
        let mut all = Vec::new();
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, rest)) = line.split_once(what) {
                return rest.to_owned();
            }
            all.push(line);
        }
        panic!("{what:?} was not said, but:\n{}", all.join("\n"))
    };
    timeout(PATIENCE, found).await.unwrap_or_else(|_| panic!("{what:?} was not said in time"))
}

/// A device that asks all the time; in the end, how often it got an answer, unless it got another one than 200.
async fn ask(http: SocketAddr, mut enough: oneshot::Receiver<()>) -> usize {
    let mut answers = 0;
    while enough.try_recv().is_err() {
        let answer = http::call(http, "POST", "/kp1/v1/greeter/e1/hello", r#"{"name":"Ada"}"#).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answers += 1;
    }
    answers
}

async fn text(http: SocketAddr) -> String {
    let answer = http::call(http, "POST", "/kp1/v1/greeter/e2/hello", r#"{"name":"Ada"}"#).await;
    answer.json().get("text").unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_saved_serves_without_losing_a_request_and_what_does_not_compile_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let made = make(directory.path(), "greeter");
    let mut developing = Developing::start(&made);
    let http: SocketAddr = developing.says("devices: http://").await.parse().unwrap();
    let console: SocketAddr =
        developing.says("console: http://").await.strip_suffix("/console").unwrap().parse().unwrap();
    developing.says("greeter serves").await;
    assert!(developing.says("ask it as a device: ").await.ends_with("/kp1/v1/greeter/my-device/hello"));
    assert_eq!(text(http).await, "Hello, Ada!");
    assert!(after(&mut developing.prints, "ClientData 4/ESP").await.contains("greeter"));
    assert_eq!(http::call(console, "GET", "/console", "").await.status, 200);

    let (enough, is_enough) = oneshot::channel();
    let device = tokio::spawn(ask(http, is_enough));
    let source = made.join("src/lib.rs");
    let written = std::fs::read_to_string(&source).unwrap();
    let changed = written.replace("{}, {}!", "{} again, {}!");
    assert_ne!(changed, written);
    std::fs::write(&source, changed).unwrap();
    developing.says("greeter serves anew").await;
    developing.says("stopped unfinished=0").await;
    assert_eq!(text(http).await, "Hello again, Ada!");

    std::fs::write(&source, "fn broken( {").unwrap();
    developing.says("it does not compile; what was built before goes on").await;
    assert_eq!(text(http).await, "Hello again, Ada!");

    enough.send(()).unwrap();
    assert!(device.await.unwrap() > 0);
    developing.hang_up().await;
}

#[tokio::test]
async fn what_is_missing_is_said() {
    let run = async |arguments: &[&str]| {
        let mut kaa = tokio::process::Command::new(program("kaa"));
        let ended = kaa.arg("dev").args(arguments).kill_on_drop(true).output();
        let ended = timeout(PATIENCE, ended).await.unwrap().unwrap();
        (ended.status.code(), String::from_utf8(ended.stderr).unwrap())
    };
    let empty = tempfile::tempdir().unwrap();
    let (code, said) = run(&["--path", empty.path().to_str().unwrap()]).await;
    assert_eq!(code, Some(5));
    assert!(said.contains("has no Cargo.toml; `kaa new NAME` makes one"), "{said}");

    std::fs::write(empty.path().join("Cargo.toml"), "").unwrap();
    let path = ["--path", empty.path().to_str().unwrap()];
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().map(|address| (address.to_string(), taken)).unwrap();
    let flags = ["--nats", "--console", "--http", "--mqtt"];
    for flag in flags {
        let mut arguments = path.to_vec();
        for other in flags {
            arguments.extend([other, if other == flag { &taken.0 } else { "127.0.0.1:0" }]);
        }
        let (code, said) = run(&arguments).await;
        assert_eq!(code, Some(5), "{said}");
        assert!(said.contains(flag) && said.contains("takes any port that is free"), "{said}");
    }
    let mut arguments = path.to_vec();
    arguments.extend(["--nats", "0.0.0.0:0"]);
    let (code, said) = run(&arguments).await;
    assert_eq!(code, Some(5));
    assert!(said.contains("is not of the loopback interface"), "{said}");
}
