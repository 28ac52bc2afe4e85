//! What a definition says about a resource.

use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;
use kaa_ext::{Resource, ResourceDef};

/// The configuration of an endpoint.
///
/// With or without a name.
#[resource("/config/json[/{config_name}]")]
async fn config(config_name: Option<ConfigName>) -> String {
    config_name.map_or("none".to_owned(), |name| name.to_string())
}

#[resource("/a/{b}[/c/{d}[/{e}]]")]
async fn nested(e: Option<u8>, b: u8, d: Option<u8>) -> String {
    format!("{b} {d:?} {e:?}")
}

#[resource("/type/{type}")]
async fn r#type(r#type: String) -> String {
    r#type
}

fn definition<R: Resource<()>>() -> ResourceDef<()> {
    R::definition()
}

#[test]
fn a_definition_has_the_path_the_patterns_the_name_and_the_documentation() {
    let config = definition::<config>();
    assert_eq!(config.path, "/config/json[/{config_name}]");
    assert_eq!(config.patterns, ["/config/json", "/config/json/{config_name}"]);
    assert_eq!(config.name, "config");
    assert_eq!(config.doc, "The configuration of an endpoint.\n\nWith or without a name.");
}

#[test]
fn a_definition_knows_where_it_is_written() {
    let attribute =
        include_str!("paths.rs").lines().position(|line| line.contains("[/{config_name}]")).unwrap();
    let location = definition::<config>().location;
    assert!(location.file.ends_with("paths.rs"), "{location}");
    assert_eq!(location.line as usize, attribute + 1);
}

#[test]
fn a_name_that_is_a_keyword_is_told_without_its_prefix() {
    assert_eq!(definition::<r#type>().name, "type");
}

#[tokio::test]
async fn optional_parts_arrive_when_they_are_there() {
    let extension = Extension::new("cmx").resources(resources![config, nested, r#type]).build().unwrap();
    let kaa = TestKaa::start(extension).await;
    let device = kaa.endpoint("ep-1");
    for (path, text) in [
        ("/config/json", "none"),
        ("/config/json/network", "network"),
        ("/a/1", "1 None None"),
        ("/a/1/c/2", "1 Some(2) None"),
        ("/a/1/c/2/3", "1 Some(2) Some(3)"),
        ("/type/raw", "raw"),
    ] {
        device.request(path).await.assert_status(200).assert_text(text);
    }
    device.request("/a/1/c").await.assert_status(404);
    device.request("/a/1/c/2/x").await.assert_status(400);
}
