//! No block of code stands in the book that nothing compiles, runs or reads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::pages::{self, Block, Page, root};
use crate::programs::configured;

/// The crates whose doc tests are pages.
const CRATES: [&str; 2] = ["crates/kaa-ext/src/lib.rs", "crates/kaa-kpc/src/lib.rs"];

#[test]
fn every_rust_block_is_a_doc_test_or_a_file() {
    let sources = CRATES.map(|path| fs::read_to_string(root().join(path)).unwrap());
    let is_tested =
        |page: &Page| sources.iter().any(|source| source.contains(&format!("../{}\")]", page.path)));
    for page in pages::of_the_book() {
        for block in page.blocks().iter().filter(|block| block.info.starts_with("rust")) {
            let is_run = ["rust", "rust,no_run"].contains(&block.info.as_str()) && is_tested(&page);
            assert!(is_run || file_of(block).is_some(), "{}: nothing compiles\n{}", page.path, block.text);
        }
    }
}

/// The file that a block stands in, by the comment above it, and whether it is all of the file.
fn file_of(block: &Block) -> Option<(&str, bool)> {
    let note = block.note.as_deref()?;
    let all = note.strip_prefix("the file ").map(|path| (path, true));
    all.or_else(|| note.strip_prefix("part of the file ").map(|path| (path, false)))
}

#[test]
fn a_block_that_stands_in_a_file_says_what_the_file_says() {
    let mut files = BTreeSet::new();
    for page in pages::of_the_book() {
        for block in page.blocks() {
            if let Some((path, is_all)) = file_of(&block) {
                let file = fs::read_to_string(root().join(path)).unwrap();
                let is_there = if is_all { file == block.text } else { file.contains(&block.text) };
                assert!(is_there, "{}: {path} says something else than\n{}", page.path, block.text);
                files.insert(path.to_owned());
            }
        }
    }
    // Those are modules of this test.
    let compiled = ["by_hand", "extension", "plants"].map(|name| format!("tests/tests/book/{name}.rs"));
    assert_eq!(files, compiled.into());
}

/// A page whose lines make a new crate, which takes minutes to build; `kaa_new` builds and runs one like it.
const NOT_TYPED: &str = "docs/first-extension.md";

#[test]
fn every_page_with_shell_is_typed_in() {
    let typed = fs::read_to_string(root().join("tests/tests/readmes/main.rs")).unwrap();
    for page in pages::of_the_book().iter().filter(|page| page.path != NOT_TYPED) {
        let name = page.path.trim_start_matches("docs/").trim_end_matches(".md");
        let has_shell = page.blocks().iter().any(|block| block.info == "sh");
        let is_typed = typed.contains(&format!("try_page(\"{name}\")"));
        assert_eq!(has_shell, is_typed, "{}", page.path);
    }
}

/// A block of YAML without `apiVersion` is a configuration, and the comment above it says of which program.
#[test]
fn every_configuration_is_one_that_its_program_takes() {
    let mut seen = 0;
    for page in pages::of_the_book() {
        for block in
            page.blocks().iter().filter(|block| block.info == "yaml" && !block.text.contains("apiVersion"))
        {
            let program = block.note.as_deref().and_then(|note| note.strip_prefix("a configuration of "));
            let program =
                program.unwrap_or_else(|| panic!("{}: of which program is\n{}", page.path, block.text));
            if let Err(why) = configured(program, &block.text, &BTreeMap::new()) {
                panic!("{}: {program} does not take\n{}\n{why}", page.path, block.text);
            }
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn the_languages_of_blocks_are_those_that_something_looks_at() {
    for page in pages::of_the_book() {
        for block in page.blocks() {
            let language = block.info.split(',').next().unwrap();
            // `text` is shown and not used; `python` is the device of the first extension.
            let is_known = ["rust", "sh", "yaml", "text", "python", "dockerfile"].contains(&language);
            assert!(is_known, "{}: what is `{}`?", page.path, block.info);
        }
    }
}
