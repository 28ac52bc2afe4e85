//! Which schema belongs to which.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use apache_avro::Schema;

/// A schema as it was and as it is.
#[derive(Debug)]
pub(super) struct Pair {
    /// The path below both directories, or that of the new file.
    pub(super) name: String,
    pub(super) old: Option<Schema>,
    pub(super) new: Option<Schema>,
}

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("{path:?} cannot be read")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path:?} is no Avro schema that stands for itself: {source}")]
    Parse { path: PathBuf, source: Box<apache_avro::Error> },
    #[error("{path:?} has no files .avsc in it")]
    Empty { path: PathBuf },
    #[error("{directory:?} is a directory and {file:?} is not; give two of the same")]
    Mixed { directory: PathBuf, file: PathBuf },
}

/// All schemas of two files or two directories.
pub(super) fn pairs(old: &Path, new: &Path) -> Result<Vec<Pair>, FileError> {
    let mixed = |directory: &Path, file: &Path| {
        Err(FileError::Mixed { directory: directory.to_owned(), file: file.to_owned() })
    };
    match (old.is_dir(), new.is_dir()) {
        (false, false) => {
            let name = new.display().to_string();
            Ok(vec![Pair { name, old: Some(read(old)?), new: Some(read(new)?) }])
        }
        (true, false) => mixed(old, new),
        (false, true) => mixed(new, old),
        (true, true) => {
            let (mut olds, mut news) = (directory(old)?, directory(new)?);
            let names: BTreeSet<_> = olds.keys().chain(news.keys()).cloned().collect();
            let pair = |name: PathBuf| Pair {
                old: olds.remove(&name),
                new: news.remove(&name),
                name: name.display().to_string(),
            };
            Ok(names.into_iter().map(pair).collect())
        }
    }
}

/// The schemas in a directory and those in it, by their paths from there.
fn directory(root: &Path) -> Result<BTreeMap<PathBuf, Schema>, FileError> {
    let mut schemas = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(directory) = left.pop() {
        let failed = |source| FileError::Read { path: directory.clone(), source };
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let path = entry.path();
            // A link to a directory could lead around in a circle.
            if entry.file_type().map_err(failed)?.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|extension| extension == "avsc") {
                let name = path.strip_prefix(root).unwrap_or(&path).to_owned();
                schemas.insert(name, read(&path)?);
            }
        }
    }
    if schemas.is_empty() {
        return Err(FileError::Empty { path: root.to_owned() });
    }
    Ok(schemas)
}

fn read(path: &Path) -> Result<Schema, FileError> {
    let text =
        fs::read_to_string(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    Schema::parse_str(&text)
        .map_err(|source| FileError::Parse { path: path.to_owned(), source: Box::new(source) })
}
