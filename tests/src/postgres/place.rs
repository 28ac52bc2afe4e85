//! Where PostgreSQL's programs are, and who runs them.

use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::process::geteuid;

/// The variable that names the directory of `initdb` and `postgres`.
const VARIABLE: &str = "KAA_POSTGRES";

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

/// `KAA_POSTGRES`, else PATH.
fn programs() -> PathBuf {
    if let Some(path) = env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        return path.into();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .find(|directory| ["initdb", "postgres"].iter().all(|program| directory.join(program).is_file()))
        .unwrap_or_else(|| {
            panic!(
                "these tests need PostgreSQL: set {VARIABLE} to the directory of `initdb` and `postgres`; \
                 `{VARIABLE}=$(cargo xtask postgres)` finds or installs it"
            )
        })
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
