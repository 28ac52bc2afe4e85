//! `cargo xtask lines`: a source file is one idea, and past [`LIMIT`] lines it is two.
//!
//! Tests do not count: neither files under a `tests` directory or called `tests.rs`, nor items
//! under `#[cfg(test)]`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::workspace::Workspace;

/// The most lines a source file may have outside its tests.
const LIMIT: usize = 400;

pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    let mut long = Vec::new();
    for path in sources(workspace.root())? {
        let text = fs::read_to_string(&path).map_err(|error| Failure::file("read", &path, &error))?;
        let lines = outside_tests(&text);
        if lines > LIMIT {
            let path = path.strip_prefix(workspace.root()).unwrap_or(&path);
            long.push(format!("{lines:>6} {}", path.display()));
        }
    }
    if long.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("these files have more than {LIMIT} lines outside tests:\n{}", long.join("\n")),
        "Find the second idea in each and give it its own file.",
    ))
}

/// Every Rust source below `directory` that is not a test. Hidden directories and the target
/// directories of cargo (it marks them with CACHEDIR.TAG) are left alone.
fn sources(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(directory) = open.pop() {
        let entries = fs::read_dir(&directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        for entry in entries.map_err(|error| Failure::file("list", &directory, &error))? {
            let path = entry.path();
            let name = entry.file_name();
            let hidden = name.as_encoded_bytes().starts_with(b".");
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if !hidden && name != "tests" && name != "target" && !path.join("CACHEDIR.TAG").exists() {
                    open.push(path);
                }
            } else if path.extension() == Some(OsStr::new("rs")) && name != "tests.rs" {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The lines of `text` without its top-level `#[cfg(test)]` items. Such an item ends where rustfmt
/// puts its end: at the next line that starts with `}`, or that ends a statement.
fn outside_tests(text: &str) -> usize {
    let mut in_test = false;
    let mut count = 0;
    for line in text.lines() {
        if in_test {
            let indented = line.starts_with(char::is_whitespace);
            in_test = indented || !(line.starts_with('}') || line.ends_with(['}', ';']));
        } else if line == "#[cfg(test)]" {
            in_test = true;
        } else {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_of_tests_does_not_count() {
        assert_eq!(outside_tests("fn a() {}\n\n#[cfg(test)]\nmod tests {\n    fn b() {\n    }\n\n}\n"), 2);
    }

    #[test]
    fn code_after_a_test_item_counts_again() {
        assert_eq!(outside_tests("#[cfg(test)]\nmod tests;\nfn a() {\n}\n"), 2);
        assert_eq!(outside_tests("#[cfg(test)]\nmod tests {}\nfn a() {}\n"), 1);
        assert_eq!(outside_tests("#[cfg(test)]\nfn t() {\n    1;\n}\nfn a() {}\n"), 1);
    }

    #[test]
    fn a_test_attribute_inside_other_code_changes_nothing() {
        assert_eq!(outside_tests("impl A {\n    #[cfg(test)]\n    fn b() {}\n}\n"), 4);
    }

    #[test]
    fn the_sources_of_this_workspace_are_found_and_its_tests_are_not() {
        let workspace = Workspace::of_this_run().unwrap();
        let sources = sources(workspace.root()).unwrap();
        assert!(sources.contains(&workspace.root().join("xtask/src/lines.rs")));
        assert!(!sources.iter().any(|path| path.starts_with(workspace.root().join("tests"))));
        assert!(!sources.iter().any(|path| path.starts_with(workspace.root().join("target"))));
    }
}
