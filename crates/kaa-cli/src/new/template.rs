//! The files of a new extension. They lie in `template`, with `{{words}}` for what differs.

use std::path::Path;

/// Where a file goes, and what is in it.
const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../../template/Cargo.toml.in")),
    ("README.md", include_str!("../../template/README.md.in")),
    (".gitignore", include_str!("../../template/gitignore.in")),
    (".dockerignore", include_str!("../../template/dockerignore.in")),
    (".github/workflows/ci.yml", include_str!("../../template/.github/workflows/ci.yml.in")),
    ("Dockerfile", include_str!("../../template/Dockerfile.in")),
    ("config.yaml", include_str!("../../template/config.yaml.in")),
    ("nats/permissions.conf", include_str!("../../template/nats/permissions.conf.in")),
    ("src/lib.rs", include_str!("../../template/src/lib.rs.in")),
    ("src/main.rs", include_str!("../../template/src/main.rs.in")),
    ("src/settings.rs", include_str!("../../template/src/settings.rs.in")),
    ("src/visits.rs", include_str!("../../template/src/visits.rs.in")),
    ("tests/extension.rs", include_str!("../../template/tests/extension.rs.in")),
];

/// What has to be said about the image when the SDK is not where `docker build` can see it.
const DOCKER: &str = "
The SDK comes from a checkout, which `docker build` does not see: for an image, take it by its version in `Cargo.toml`.
";

/// All files of an extension, with the SDK by its version or from a checkout.
pub(super) fn files<'a>(
    name: &str,
    sdk: Option<&'a Path>,
) -> impl Iterator<Item = (&'static str, String)> + use<'a> {
    let dependency = match sdk {
        // A string of TOML and one of Rust are the same where paths are concerned.
        Some(sdk) => format!("path = {:?}", sdk.to_string_lossy()),
        None => format!("version = {:?}", env!("CARGO_PKG_VERSION")),
    };
    let words = [
        ("{{name}}", name.to_owned()),
        ("{{crate}}", name.replace('-', "_")),
        ("{{kaa_ext}}", dependency),
        ("{{rust}}", env!("CARGO_PKG_RUST_VERSION").to_owned()),
        ("{{docker}}", sdk.map_or("", |_| DOCKER).to_owned()),
    ];
    FILES.iter().map(move |(path, text)| {
        let text = words.iter().fold((*text).to_owned(), |text, (word, here)| text.replace(word, here));
        // What ends with a word that is empty ends with one line break all the same.
        (*path, text.trim_end().to_owned() + "\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_is_left_and_the_name_is_everywhere_it_belongs() {
        for (path, text) in files("soil-watch", None) {
            assert!(!text.contains("{{"), "{path}");
        }
        let of = |wanted: &str| files("soil-watch", None).find(|(path, _)| *path == wanted).unwrap().1;
        assert!(of("src/main.rs").contains("use soil_watch::{describe, start};"));
        assert!(of("Cargo.toml").contains("name = \"soil-watch\""));
        assert!(of("Cargo.toml").contains("kaa-ext = { version = \"0.1.0\", features"));
        let from_checkout = files("x", Some(Path::new("/sdk"))).next().unwrap().1;
        assert!(from_checkout.contains("kaa-ext = { path = \"/sdk\", features"));
    }
}
