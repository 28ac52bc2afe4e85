//! Where a download is unpacked before it is put in its place.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A directory beside what is installed (a rename does not cross file systems) that goes away with
/// this value.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// An empty directory below `place`, which is made if needed.
    pub(crate) fn inside(place: &Path) -> Result<Self, Failure> {
        let path = place.join(format!(".download-{}", std::process::id()));
        remove(&path)?;
        fs::create_dir_all(&path).map_err(|error| Failure::file("create", &path, &error))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed here is removed with the target directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes a directory that may not be there.
pub(crate) fn remove(directory: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Failure::file("clear", directory, &error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_directory_is_empty_at_first_and_gone_afterwards() {
        let place = std::env::temp_dir().join("xtask-scratch");
        let scratch = Scratch::inside(&place).unwrap();
        fs::write(scratch.path().join("leftover"), "x").unwrap();
        let path = scratch.path().to_path_buf();
        // As a run that was killed leaves it.
        std::mem::forget(scratch);
        let scratch = Scratch::inside(&place).unwrap();
        assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
        drop(scratch);
        assert!(!path.exists());
    }
}
