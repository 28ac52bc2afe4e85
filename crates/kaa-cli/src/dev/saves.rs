//! When something was saved.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// For how long nothing may have been saved: an editor writes several files, one after the other.
const QUIET: Duration = Duration::from_millis(100);

/// Directories in which nothing is that the extension is made of.
const OTHERS: [&str; 4] = ["target", "tests", "benches", "examples"];

/// Why nothing can be watched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SavesError {
    #[error("{} cannot be read", .path.display())]
    Directory { path: PathBuf, source: io::Error },
    #[error(
        "changes in {} cannot be watched; where the system has a limit for that, it may be reached \
         (fs.inotify.max_user_watches)", .path.display()
    )]
    Watch { path: PathBuf, source: notify::Error },
}

/// Watches the sources of a package.
#[derive(Debug)]
pub(super) struct Saves {
    saved: mpsc::Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Saves {
    pub(super) fn watch(directory: &Path) -> Result<Self, SavesError> {
        // One that waits stands for all of them.
        let (note, saved) = mpsc::channel(1);
        let root = directory.to_owned();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| matters(&event, &root)) {
                let _ = note.try_send(());
            }
        });
        let failed = |path: &Path, source| SavesError::Watch { path: path.to_owned(), source };
        let mut watcher = watcher.map_err(|source| failed(directory, source))?;
        let unread = |source| SavesError::Directory { path: directory.to_owned(), source };
        watcher.watch(directory, RecursiveMode::NonRecursive).map_err(|error| failed(directory, error))?;
        for entry in fs::read_dir(directory).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            if path.is_dir() && is_source(&path) {
                watcher.watch(&path, RecursiveMode::Recursive).map_err(|error| failed(&path, error))?;
            }
        }
        Ok(Self { saved, _watcher: watcher })
    }

    /// Waits until something was saved and all is quiet again. Cancel safe: what was saved is not forgotten.
    pub(super) async fn next(&mut self) {
        if self.saved.recv().await.is_none() {
            std::future::pending().await
        }
        while let Ok(Some(())) = timeout(QUIET, self.saved.recv()).await {}
    }
}

/// Whether an event is about something that the extension is made of.
fn matters(event: &Event, root: &Path) -> bool {
    let is_change = !matches!(event.kind, EventKind::Access(_) | EventKind::Other);
    is_change
        && event.paths.iter().any(|path| path.strip_prefix(root).is_ok_and(|path| path.iter().all(is_part)))
}

fn is_source(path: &Path) -> bool {
    path.file_name().is_some_and(is_part)
}

/// Nothing hidden, nothing that an editor keeps beside it, and not what cargo writes itself.
fn is_part(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    !(name.starts_with('.') || name.ends_with('~') || name == "Cargo.lock" || OTHERS.contains(&name))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use notify::event::{AccessKind, CreateKind, ModifyKind};

    use super::*;

    #[test]
    fn a_source_that_changes_matters_and_what_is_beside_it_does_not() {
        let about =
            |kind, path: &str| matters(&Event::new(kind).add_path(path.into()), Path::new("/x/.hidden/ext"));
        let changed = EventKind::Modify(ModifyKind::Any);
        for path in
            ["src/lib.rs", "src/deep/er.rs", "Cargo.toml", "config.yaml", "build.rs", "schemas/a.json"]
        {
            assert!(about(changed, &format!("/x/.hidden/ext/{path}")), "{path}");
        }
        for path in
            ["target/debug/x", "src/.lib.rs.swp", "src/lib.rs~", "Cargo.lock", ".git/index", "tests/a.rs"]
        {
            assert!(!about(changed, &format!("/x/.hidden/ext/{path}")), "{path}");
        }
        assert!(about(EventKind::Create(CreateKind::File), "/x/.hidden/ext/src/new.rs"));
        assert!(!about(EventKind::Access(AccessKind::Any), "/x/.hidden/ext/src/lib.rs"));
        assert!(!about(changed, "/elsewhere/src/lib.rs"));
    }

    #[tokio::test]
    async fn what_is_saved_is_noticed_once() {
        let directory = std::env::temp_dir().join(format!("kaa-dev-saves-{}", std::process::id()));
        fs::create_dir_all(directory.join("src")).unwrap();
        let mut saves = Saves::watch(&directory).unwrap();
        fs::write(directory.join("src/lib.rs"), "one").unwrap();
        fs::write(directory.join("src/other.rs"), "two").unwrap();
        timeout(Duration::from_secs(10), saves.next()).await.unwrap();
        assert!(timeout(Duration::from_millis(1), saves.next()).await.is_err());
        fs::remove_dir_all(&directory).unwrap();
    }
}
