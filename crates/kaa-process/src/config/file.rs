//! The layer above the defaults: a YAML file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::de::DeserializeOwned;

use super::{ConfigError, yaml};

/// The largest file that is read, in bytes: 16 MiB.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Reads a configuration from a YAML file. An empty file is one with nothing set.
///
/// # Errors
///
/// [`ConfigError`], naming file and line. It says what is wrong there without quoting it, because the file may
/// hold secrets: names of unknown entries are all that is repeated of it.
pub fn read<C: DeserializeOwned>(path: &Path) -> Result<C, ConfigError> {
    let text = text(path).map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    yaml::parse(&text).map_err(|yaml::Refused { line, message }| ConfigError::Invalid {
        path: path.to_owned(),
        line,
        message,
    })
}

/// The same when there is a file, and the defaults when there is none.
///
/// # Errors
///
/// As [`read`].
pub fn read_or_default<C: DeserializeOwned + Default>(
    path: Option<impl AsRef<Path>>,
) -> Result<C, ConfigError> {
    path.map_or_else(|| Ok(C::default()), |path| read(path.as_ref()))
}

fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    // One byte more, so that a file of the largest size differs from a larger one.
    File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        let message = format!("it is larger than {LARGEST} bytes, which no configuration is");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(text)
}
