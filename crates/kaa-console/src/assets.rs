//! The page: what a browser loads, out of this program.

use http::StatusCode;

use crate::reply::{Reply, whole};

/// One file of the page.
struct Asset {
    /// What it is called below `/console/`; that of the page itself is empty.
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const HTML: &str = "text/html; charset=utf-8";

/// All of them: a module more is a line more.
const ASSETS: &[Asset] =
    &[Asset { name: "", content_type: HTML, content: include_str!("../assets/index.html") }];

/// The file of this name.
pub(crate) fn find(name: &str) -> Option<Reply> {
    let asset = ASSETS.iter().find(|asset| asset.name == name)?;
    Some(whole(StatusCode::OK, asset.content_type, asset.content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_nothing_that_its_policy_forbids() {
        for asset in ASSETS {
            for forbidden in ["<script>", "<style", " style=", " onclick=", "src=\"http", "href=\"http"] {
                assert!(!asset.content.contains(forbidden), "{}: {forbidden}", asset.name);
            }
        }
    }
}
