//! The table of contents has every page, once.

use std::collections::{BTreeMap, BTreeSet};

use crate::links::{links, resolve};
use crate::pages::{self, Page};

const SUMMARY: &str = "docs/SUMMARY.md";

#[test]
fn every_page_is_in_the_table_of_contents_exactly_once() {
    let mut times = BTreeMap::new();
    for (_, line) in Page::read(SUMMARY).prose() {
        for link in links(line) {
            *times.entry(resolve(SUMMARY, &link)).or_insert(0) += 1;
        }
    }
    let expected: BTreeMap<_, _> = pages::of_the_book().into_iter().map(|page| (page.path, 1)).collect();
    assert_eq!(times, expected);
}

#[test]
fn every_page_is_linked_from_another_page() {
    let pages = pages::of_the_book();
    let mut linked = BTreeSet::from(["docs/README.md".to_owned()]);
    for page in &pages {
        for (_, line) in page.prose() {
            for link in links(line) {
                let path = link.split('#').next().unwrap();
                if !path.is_empty() {
                    linked.insert(resolve(&page.path, path));
                }
            }
        }
    }
    let orphans: Vec<_> =
        pages.iter().filter(|page| !linked.contains(&page.path)).map(|page| &page.path).collect();
    assert!(orphans.is_empty(), "no page leads to {orphans:?}");
}
