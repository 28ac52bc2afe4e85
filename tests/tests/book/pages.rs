//! Markdown as far as the tests read it.

use std::fs;
use std::path::{Path, PathBuf};

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A file of Markdown.
pub(crate) struct Page {
    /// From the root of the checkout, with slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A fenced block.
#[derive(Debug)]
pub(crate) struct Block {
    /// What stands behind the fence, such as `rust,no_run`.
    pub(crate) info: String,
    pub(crate) text: String,
    /// The comment in the line above it, such as `<!-- the file … -->`, without its marks.
    pub(crate) note: Option<String>,
}

impl Page {
    pub(crate) fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.to_owned(), text }
    }

    /// Its fenced blocks.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        let mut above = "";
        for line in self.text.lines() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    let note = above.strip_prefix("<!-- ").and_then(|note| note.strip_suffix(" -->"));
                    let note = note.map(str::to_owned);
                    open = Some(Block { info: info.to_owned(), text: String::new(), note });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
                (None, None) => above = line,
            }
        }
        assert!(open.is_none(), "{}: a block has no end", self.path);
        blocks
    }

    /// Its lines outside of fenced blocks, each with its number.
    pub(crate) fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut is_block = false;
        self.text.lines().enumerate().filter_map(move |(index, line)| {
            let is_fence = line.starts_with("```");
            is_block ^= is_fence;
            (!is_block && !is_fence).then_some((index + 1, line))
        })
    }
}

/// All Markdown of the project. Hidden directories and those that cargo marks as its own are left alone.
pub(crate) fn all() -> Vec<Page> {
    let mut paths = Vec::new();
    let mut open = vec![root()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            let is_hidden = path.file_name().unwrap().as_encoded_bytes().starts_with(b".");
            if path.is_dir() {
                if !is_hidden && path.file_name().unwrap() != "target" && !path.join("CACHEDIR.TAG").exists()
                {
                    open.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/"));
            }
        }
    }
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}

/// The pages of the book.
pub(crate) fn of_the_book() -> Vec<Page> {
    let mut pages = all();
    pages.retain(|page| page.path.starts_with("docs/") && page.path != "docs/SUMMARY.md");
    pages
}

#[test]
fn blocks_and_prose_are_told_apart() {
    let text = "# A\n<!-- the file a.rs -->\n```rust,no_run\nfn a() {}\n\n# b\n```\nprose\n```sh\nls\n```\n";
    let page = Page { path: "a.md".to_owned(), text: text.to_owned() };
    let blocks = page.blocks();
    let first = (blocks[0].info.as_str(), blocks[0].text.as_str(), blocks[0].note.as_deref());
    assert_eq!(first, ("rust,no_run", "fn a() {}\n\n# b\n", Some("the file a.rs")));
    assert_eq!((blocks[1].text.as_str(), blocks[1].note.as_deref()), ("ls\n", None));
    assert_eq!(page.prose().collect::<Vec<_>>(), [(1, "# A"), (2, "<!-- the file a.rs -->"), (8, "prose")]);
}
