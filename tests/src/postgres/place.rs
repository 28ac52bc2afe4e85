//! Where PostgreSQL's programs are, and who runs them.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::geteuid;

/// The variable that names the directory of `initdb` and `postgres`.
const VARIABLE: &str = "KAA_POSTGRES";

/// Where Debian's packages put them, one directory for each major version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A user and its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) user: u32,
    pub(super) group: u32,
}

/// A program of PostgreSQL, run in this directory.
pub(super) fn command(name: &str, directory: &Path) -> Command {
    let mut command = Command::new(programs().join(name));
    command.current_dir(directory).stdin(Stdio::null());
    become_account(&mut command);
    command
}

/// Has a command run as the user that PostgreSQL runs as.
pub(super) fn become_account(command: &mut Command) {
    if let Some(Account { user, group }) = account() {
        command.uid(user).gid(group);
    }
}

/// Somebody else when we are root, as which PostgreSQL refuses to run.
pub(super) fn account() -> Option<Account> {
    if !geteuid().is_root() {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("a system with users");
    let account = ["postgres", "nobody"].iter().find_map(|name| named(&users, name));
    Some(account.expect("PostgreSQL does not run as root: a user `postgres` or `nobody` has to be there"))
}

/// A user of `/etc/passwd`.
fn named(users: &str, name: &str) -> Option<Account> {
    users.lines().find_map(|line| {
        let mut fields = line.strip_prefix(name)?.strip_prefix(':')?.split(':').skip(1);
        Some(Account { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
    })
}

/// `KAA_POSTGRES`, else the newest of Debian's, else PATH.
fn programs() -> PathBuf {
    if let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return path.into();
    }
    let on_path = env::var_os("PATH");
    let on_path = on_path.iter().flat_map(env::split_paths);
    let mut candidates = debian().into_iter().chain(on_path);
    candidates
        .find(|directory| ["initdb", "postgres"].iter().all(|program| directory.join(program).is_file()))
        .unwrap_or_else(|| {
            panic!(
                "these tests need PostgreSQL and there is none: run `cargo xtask postgres` as root, which \
                 installs it, or set {VARIABLE} to the directory of `initdb` and `postgres`"
            )
        })
}

fn debian() -> Vec<PathBuf> {
    let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .collect();
    versions.sort_unstable();
    versions.into_iter().rev().map(|(_, directory)| directory).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let users = "postgresql:x:1:2::/:/bin/sh\npostgres:x:101:104:A,,:/var:/bin/bash\nbad:x:one:2::/:\n";
        assert_eq!(named(users, "postgres"), Some(Account { user: 101, group: 104 }));
        assert_eq!((named(users, "bad"), named(users, "nobody")), (None, None));
    }
}
