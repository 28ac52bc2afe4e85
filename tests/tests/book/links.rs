//! Links lead somewhere.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::pages::{self, Page};

/// The places in a page that a link can name: its headings, as GitHub and mdBook call them.
fn anchors(page: &Page) -> HashSet<String> {
    let mut found = HashSet::new();
    for (_, line) in page.prose() {
        let title = line.trim_start_matches('#');
        if title.len() < line.len() && title.starts_with(' ') {
            let first = anchor(title.trim());
            let mut name = first.clone();
            let mut further = 0;
            while !found.insert(name.clone()) {
                further += 1;
                name = format!("{first}-{further}");
            }
        }
    }
    found
}

fn anchor(title: &str) -> String {
    let is_kept = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_');
    let lower = title.to_lowercase();
    lower.chars().filter(is_kept).map(|letter| if letter == ' ' { '-' } else { letter }).collect()
}

/// The links of a line of prose: what stands in `](…)`, without links to the network.
pub(crate) fn links(line: &str) -> Vec<String> {
    // Code is no link.
    let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let targets = targets.map(|(target, _)| target.to_owned());
    targets.filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
}

/// A path without `..`, as `from` sees it.
pub(crate) fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => _ = parts.pop(),
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn every_relative_link_and_every_anchor_leads_somewhere() {
    let pages = pages::all();
    let anchors: HashMap<_, _> = pages.iter().map(|page| (page.path.clone(), anchors(page))).collect();
    let mut broken = Vec::new();
    let mut seen = 0;
    for page in &pages {
        for (number, line) in page.prose() {
            for link in links(line) {
                seen += 1;
                let (path, place) = link.split_once('#').unwrap_or((&link, ""));
                let path = if path.is_empty() { page.path.clone() } else { resolve(&page.path, path) };
                let is_there = Path::new(&pages::root()).join(&path).exists();
                let has_place =
                    place.is_empty() || anchors.get(&path).is_some_and(|there| there.contains(place));
                if !is_there || !has_place {
                    broken.push(format!("{}:{number}: {link}", page.path));
                }
            }
        }
    }
    assert!(broken.is_empty(), "these links lead nowhere:\n{}", broken.join("\n"));
    assert!(seen > 100, "{seen} links in all of the documents");
}

#[test]
fn links_are_found_and_resolved() {
    assert_eq!(links("a [b](c.md#d), [e](https://f) and `[g](h)` [i](#j)"), ["c.md#d", "#j"]);
    assert_eq!(resolve("docs/how-to/a.md", "../wire.md"), "docs/wire.md");
    assert_eq!(resolve("docs/a.md", "./b/"), "docs/b");
    assert_eq!(anchor("`new`: an extension to begin with"), "new-an-extension-to-begin-with");
    assert_eq!(anchor("2. A resource"), "2-a-resource");
}
