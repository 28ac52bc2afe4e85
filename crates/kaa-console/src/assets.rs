//! The page: what a browser loads, out of this program.

use http::StatusCode;

use crate::reply::{Reply, whole};

/// One file of the page.
struct Asset {
    name: &'static str,
    content: &'static [u8],
}

macro_rules! assets {
    ($($name:literal)*) => {
        &[$(Asset { name: $name, content: include_bytes!(concat!("../assets/", $name)) }),*]
    };
}

/// All of them, which are all files of the directory.
const ASSETS: &[Asset] = assets! {
    "answer.js" "body.js" "curve.js" "detail.css" "detail.js" "dom.js" "dots.js" "exact.js" "example.js"
    "field.js" "filter.js" "flow.css" "flow.js" "format.js" "icon.svg" "index.html" "learned.js"
    "main.js" "messages.css" "meter.js" "outcome.js" "page.css" "panels.css" "path.js" "picture.js"
    "problem.js" "registry.js" "scene.js" "schema.js" "send.css" "send.js" "services.js" "sessions.js"
    "shell.js" "store.js" "stream.js" "table.js" "text.js" "theme.css" "timeline.js" "value.js"
    "waysin.js" "welcome.js"
};

/// The file of this name below `/console/`; the page itself has none.
pub(crate) fn find(name: &str) -> Option<Reply> {
    let name = if name.is_empty() { "index.html" } else { name };
    let asset = ASSETS.iter().find(|asset| asset.name == name)?;
    Some(whole(StatusCode::OK, content_type(asset.name), asset.content))
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_directory_is_there_and_a_browser_knows_what_it_is() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
        let files = std::fs::read_dir(directory).unwrap();
        let files: BTreeSet<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        let known: BTreeSet<_> = ASSETS.iter().map(|asset| asset.name.to_owned()).collect();
        assert_eq!(known, files, "list them in ASSETS");
        for name in &known {
            assert_ne!(content_type(name), "application/octet-stream", "{name}");
        }
    }

    #[test]
    fn the_page_has_nothing_that_its_policy_forbids() {
        for asset in ASSETS.iter().filter(|asset| asset.name.ends_with(".html")) {
            let content = std::str::from_utf8(asset.content).unwrap();
            for forbidden in ["<script>", "<style", " style=", " onclick=", "src=\"http", "href=\"http"] {
                assert!(!content.contains(forbidden), "{}: {forbidden}", asset.name);
            }
        }
    }
}
