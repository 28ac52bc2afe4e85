//! What the compiler says about each mistake: a fixture in `tests/ui` for each, and beside it the
//! answer of the stable compiler the workspace is tested with. After a deliberate change,
//! `TRYBUILD=overwrite cargo test -p kaa-ext --test ui` writes the answers anew; read the difference
//! as the author of an extension would.

use std::fs;
use std::path::Path;

#[test]
fn each_mistake_is_told_with_what_was_expected() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[test]
fn one_mistake_is_one_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let fixtures: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "rs")).collect();
    assert!(fixtures.len() >= 100, "{} fixtures", fixtures.len());
    for fixture in fixtures {
        let said = fs::read_to_string(fixture.with_extension("stderr")).unwrap();
        let headlines: Vec<_> = said
            .lines()
            .filter(|line| ["error", "warning"].iter().any(|level| line.starts_with(level)))
            .collect();
        assert!(matches!(&*headlines, [one] if one.starts_with("error")), "{fixture:?}: {headlines:#?}");
    }
}
