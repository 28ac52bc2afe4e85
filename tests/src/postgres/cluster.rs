//! The files of a server. `initdb` takes ten times as long as a copy of what it makes, so a test binary calls it
//! once.

use std::fs;
use std::os::unix::fs::chown;
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tempfile::TempDir;

use super::{PASSWORD, place};

/// A cluster that no server runs on; it goes with the last one that was copied from it.
pub(super) fn template() -> Arc<TempDir> {
    static TEMPLATE: Mutex<Weak<TempDir>> = Mutex::new(Weak::new());
    let mut template = TEMPLATE.lock().unwrap_or_else(PoisonError::into_inner);
    template.upgrade().unwrap_or_else(|| {
        let made = Arc::new(make());
        *template = Arc::downgrade(&made);
        made
    })
}

fn make() -> TempDir {
    let directory = directory();
    let password = directory.path().join("password");
    fs::write(&password, PASSWORD).expect("writable temporary directory");
    let mut initdb = place::command("initdb", directory.path());
    initdb.args(["--username=kaa", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]);
    initdb.args(["--no-sync", "--pwfile"]).arg(&password);
    done(initdb.arg("--pgdata").arg(directory.path().join("data")));
    directory
}

/// A cluster of one's own.
pub(super) fn copy(template: &TempDir) -> TempDir {
    let directory = directory();
    let mut copy = Command::new("cp");
    copy.arg("-Rp").arg(template.path().join("data")).arg(directory.path());
    place::become_account(&mut copy);
    done(&mut copy);
    directory
}

fn directory() -> TempDir {
    let directory =
        tempfile::Builder::new().prefix("kaa-postgres-").tempdir().expect("a temporary directory");
    if let Some(account) = place::account() {
        chown(directory.path(), Some(account.user), Some(account.group)).expect("root gives files away");
    }
    directory
}

fn done(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?} cannot be executed: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed ({}):\n{said}", output.status);
}
