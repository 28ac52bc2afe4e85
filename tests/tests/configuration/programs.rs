//! What every program of a service takes on its command line.

use std::collections::HashSet;

use crate::run::Run;

const PROGRAMS: [&str; 13] = [
    "kaa-kpc",
    "quickstart",
    "stage",
    "ccm",
    "cdp",
    "cex",
    "cmx",
    "dcx",
    "epl",
    "epmx",
    "epts",
    "rsx",
    "tsx",
];

#[test]
fn every_program_tells_its_version_and_its_configuration() {
    for name in PROGRAMS {
        let version = Run::of(name).flags(&["--version"]).end();
        assert!(version.is_good && version.printed.starts_with(&format!("{name} ")), "{version:?}");
        let config = Run::of(name).config();
        assert!(config.iter().all(|[_, _, origin]| origin == "default"), "{name}: {config:?}");
        assert!(config.iter().any(|[key, ..]| key == "nats.urls"), "{name}: {config:?}");
    }
}

#[test]
fn the_help_of_every_program_says_what_each_entry_means() {
    for name in PROGRAMS {
        let help = Run::of(name).flags(&["--help"]).end();
        assert!(help.is_good, "{help:?}");
        let (_, entries) = help.printed.split_once("\nEntries of the configuration.").unwrap();
        let lines: Vec<_> = entries.lines().collect();
        let flags: Vec<_> = (0..lines.len()).filter(|&line| lines[line].starts_with("  --")).collect();
        assert!(flags.len() > 20, "{name}: {}", help.printed);
        let mut names = HashSet::new();
        for name in flags.iter().flat_map(|&line| lines[line].trim().split(", ")) {
            assert!(names.insert(name), "{name} is the name of two entries");
        }
        for &line in &flags {
            let meaning = lines.get(line + 1).filter(|line| line.starts_with("      "));
            let says_more = meaning.is_some_and(|line| !line.trim().starts_with('['));
            // What the modes of clients and tokens are is in the book.
            let is_mode = lines[line].contains(".mode, ");
            assert!(says_more || is_mode, "{name}: {}", lines[line]);
        }
    }
}

#[test]
fn permissions_depend_on_the_flags_of_the_same_command_line() {
    let printed = |flags: &[&str]| Run::of("dcx").flags(flags).end().printed;
    let text = printed(&["--name", "dcx-2", "permissions"]);
    assert!(text.contains("kaa.v1.service.dcx-2.esp.ClientData"), "{text}");
    let json = printed(&["permissions", "--json", "--service.instance.name=dcx-2"]);
    assert!(json.starts_with('{') && json.contains("kaa.v1.service.dcx-2.esp.ClientData"), "{json}");
    let error = Run::of("dcx").flags(&["--json"]).refused();
    assert_eq!(error, "--json goes with a command that prints something");
}
