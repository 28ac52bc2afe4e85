//! The READMEs of the services and the pages of the book, typed in line by line: what stands there as shell works as
//! it stands.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod markdown;
mod reader;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use reader::{NATS_SERVER, Reader};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

async fn try_readme_of(service: &str) {
    try_out(&examples().join(service).join("README.md")).await;
}

async fn try_page(name: &str) {
    try_out(&examples().join(format!("../docs/{name}.md"))).await;
}

async fn try_out(path: &Path) {
    let lines = markdown::shell_lines(&fs::read_to_string(path).unwrap());
    assert!(!lines.is_empty(), "{} tells nobody how to run it", path.display());
    let mut reader = Reader::new().await;
    for line in lines {
        if let Err(why) = reader.type_in(&line).await {
            panic!("{}: {line}\n{why}", path.display());
        }
    }
}

/// A test for each README, and their names.
macro_rules! readmes {
    ($($service:ident)*) => {
        const TRIED: &[&str] = &[$(stringify!($service)),*];

        mod readme_of {
            $(
                #[tokio::test]
                async fn $service() {
                    super::try_readme_of(stringify!($service)).await;
                }
            )*
        }
    };
}

readmes! { ccm cdp cex cmx dcx epl epmx epts rsx tsx }

mod page {
    #[tokio::test]
    async fn on_the_communication_service() {
        super::try_page("communication-service").await;
    }

    #[tokio::test]
    async fn on_operating() {
        super::try_page("operating").await;
    }

    #[tokio::test]
    async fn on_tls_and_credentials() {
        super::try_page("how-to/tls-and-credentials").await;
    }

    #[tokio::test]
    async fn on_deploying() {
        super::try_page("how-to/deploying").await;
    }

    #[tokio::test]
    async fn on_scaling() {
        super::try_page("how-to/scaling").await;
    }
}

/// The demo tries the lines it prints itself, and is started by a step of its own.
const TRIED_ELSEWHERE: &str = "demo";

#[test]
fn no_readme_is_left_out() {
    let with_readme = fs::read_dir(examples()).unwrap().map(|entry| entry.unwrap().path());
    let with_readme = with_readme.filter(|path| path.join("README.md").is_file());
    let found: BTreeSet<_> = with_readme.map(|path| path.file_name().unwrap().to_owned()).collect();
    let tried: BTreeSet<_> = TRIED.iter().copied().chain([TRIED_ELSEWHERE]).map(Into::into).collect();
    assert_eq!(found, tried);
}

#[tokio::test]
async fn a_line_that_does_not_work_is_not_passed_over() {
    let mut reader = Reader::new().await;
    reader.type_in(&format!("{NATS_SERVER} &")).await.unwrap();
    reader.type_in("NATS_URLS=nats://127.0.0.1:4222 cargo run -p cex &").await.unwrap();
    reader.type_in("curl http://127.0.0.1:8103/openapi.json").await.unwrap();
    let nowhere = "http://127.0.0.1:8103/nowhere";
    for (line, expected) in [
        ("false", "exit code 1"),
        ("curl http://127.0.0.1:1/", "exit code 7"),
        (format!("curl {nowhere}").as_str(), "404"),
        (format!("curl {nowhere} # 409").as_str(), "404"),
        (format!("FOUND=$(curl {nowhere} | cat)").as_str(), "404"),
    ] {
        let why = reader.type_in(line).await.unwrap_err();
        assert!(why.contains(expected), "{line}: {why}");
    }
    reader.type_in(&format!("curl {nowhere}    # 404")).await.unwrap();
}
