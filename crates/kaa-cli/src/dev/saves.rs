//! When something was saved.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::terminal::tell_error;

/// For how long nothing may have been saved: an editor writes several files, one after the other.
const QUIET: Duration = Duration::from_millis(100);

/// What the extension is not made of, at the top of the package.
const OTHERS: [&str; 5] = ["target", "tests", "benches", "examples", "Cargo.lock"];

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
    directory: PathBuf,
    watcher: RecommendedWatcher,
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
        let watcher = watcher.map_err(|source| failed(directory, source))?;
        let mut saves = Self { saved, directory: directory.to_owned(), watcher };
        saves.look()?;
        Ok(saves)
    }

    /// Watches every directory of sources that is there now; what is watched already stays so.
    fn look(&mut self) -> Result<(), SavesError> {
        let Self { directory, watcher, .. } = self;
        let unread = |source| SavesError::Directory { path: directory.clone(), source };
        let mut watch = |path: &Path, mode| watcher.watch(path, mode).map_err(|source| failed(path, source));
        watch(directory, RecursiveMode::NonRecursive)?;
        for entry in fs::read_dir(&*directory).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            let path = entry.path();
            if path.is_dir() && is_source(Path::new(&entry.file_name())) {
                watch(&path, RecursiveMode::Recursive)?;
            }
        }
        Ok(())
    }

    /// Waits until something was saved and all is quiet again. Cancel safe: what was saved is not forgotten.
    pub(super) async fn next(&mut self) {
        if self.saved.recv().await.is_none() {
            std::future::pending().await
        }
        while let Ok(Some(())) = timeout(QUIET, self.saved.recv()).await {}
        // What was saved may be a directory, which is to be watched from now on.
        if let Err(error) = self.look() {
            tell_error("dev", &error);
        }
    }
}

fn failed(path: &Path, source: notify::Error) -> SavesError {
    SavesError::Watch { path: path.to_owned(), source }
}

/// Whether an event is about something that the extension is made of.
fn matters(event: &Event, root: &Path) -> bool {
    let is_change = !matches!(event.kind, EventKind::Access(_) | EventKind::Other);
    is_change && event.paths.iter().any(|path| path.strip_prefix(root).is_ok_and(is_source))
}

/// Whether something in the package is a part of the extension.
fn is_source(path: &Path) -> bool {
    let is_other = |name: &OsStr| OTHERS.iter().any(|other| name == *other);
    !path.iter().next().is_some_and(is_other) && path.iter().all(is_visible)
}

/// Nothing hidden, and nothing that an editor keeps beside it.
fn is_visible(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| !name.starts_with('.') && !name.ends_with('~'))
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
        for path in [
            "src/lib.rs",
            "src/deep/er.rs",
            "src/target/mod.rs",
            "src/tests/a.rs",
            "Cargo.toml",
            "config.yaml",
            "build.rs",
            "schemas/a.json",
        ] {
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

    #[tokio::test]
    async fn a_directory_that_is_made_later_is_watched() {
        let directory = std::env::temp_dir().join(format!("kaa-dev-directories-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let mut saves = Saves::watch(&directory).unwrap();
        let mut noticed = async || timeout(Duration::from_secs(10), saves.next()).await.unwrap();
        fs::create_dir(directory.join("schemas")).unwrap();
        noticed().await;
        fs::write(directory.join("schemas/a.json"), "{}").unwrap();
        noticed().await;
        fs::create_dir_all(directory.join("schemas/of/cdtp")).unwrap();
        noticed().await;
        fs::write(directory.join("schemas/of/cdtp/b.json"), "{}").unwrap();
        noticed().await;
        fs::remove_dir_all(&directory).unwrap();
    }
}
