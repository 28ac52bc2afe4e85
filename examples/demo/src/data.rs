//! The directory of the databases.

use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::DemoError;

/// Where the databases are.
#[derive(Debug)]
pub(crate) enum Data {
    /// Where somebody wants them: they stay.
    Kept(PathBuf),
    /// Nowhere in particular: they go when this is dropped.
    Temporary(TempDir),
}

impl Data {
    /// Makes the directory, unless it is there.
    ///
    /// # Errors
    ///
    /// [`DemoError::Data`], naming it.
    pub(crate) fn open(wanted: Option<&Path>) -> Result<Self, DemoError> {
        let refused = |directory: &Path| {
            let directory = directory.to_owned();
            move |source: io::Error| DemoError::Data { directory, source }
        };
        match wanted {
            Some(directory) => {
                std::fs::create_dir_all(directory).map_err(refused(directory))?;
                Ok(Self::Kept(directory.to_owned()))
            }
            None => {
                let prefix = tempfile::Builder::new().prefix("kaa-demo-").tempdir();
                Ok(Self::Temporary(prefix.map_err(refused(&std::env::temp_dir()))?))
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Kept(directory) => directory,
            Self::Temporary(directory) => directory.path(),
        }
    }

    /// Removes it, if it is to go.
    pub(crate) fn close(self) {
        if let Self::Temporary(directory) = self {
            let path = directory.path().to_owned();
            if let Err(error) = directory.close() {
                tracing::warn!("{} could not be removed: {error}", path.display());
            }
        }
    }
}
