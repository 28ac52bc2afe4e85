//! What the book says of entries is what the code says.

use std::path::Path;

use kaa_ext::{Config, Environment, Layers, Program};

/// The page with the table, which stands between these lines.
const PAGE: &str = "docs/configuration.md";
const BEGIN: &str = "<!-- The entries of every extension, as the code has them: a test compares. -->\n";
const END: &str = "<!-- End of the entries. -->\n";

#[test]
fn the_table_of_the_book_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (table, after) = rest.split_once(END).unwrap();
    let layers = Layers::<Config>::new(Program::default(), Environment::new(), []).unwrap();
    let now = layers.table();
    if std::env::var("KAA_SNAPSHOTS").is_ok_and(|value| value == "write") {
        std::fs::write(&path, format!("{before}{BEGIN}{now}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(table, now, "{PAGE} says something else; KAA_SNAPSHOTS=write writes what the code says");
}
