//! The layer above the defaults: a YAML file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::node::Node;
use super::{ConfigError, yaml};

/// The largest file that is read, in bytes: 16 MiB.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Reads a file. An empty one is one with nothing set.
pub(super) fn read(path: &Path, named_by: &'static str) -> Result<Node, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), named_by, source };
    let text = text(path).map_err(unreadable)?;
    yaml::parse(&text, &Arc::from(path)).map_err(|yaml::Malformed { line, message }| ConfigError::Invalid {
        path: path.to_owned(),
        line,
        message,
    })
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

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde::Deserialize;
    use tempfile::NamedTempFile;

    use super::{LARGEST, text};
    use crate::config::{ConfigError, read};

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Config {
        level: u8,
    }

    fn reading(content: &[u8]) -> (Result<Config, ConfigError>, String) {
        let file = NamedTempFile::new().unwrap();
        fs::write(file.path(), content).unwrap();
        (read(file.path()), file.path().display().to_string())
    }

    #[test]
    fn a_file_is_read() {
        assert_eq!(reading(b"level: 7\n").0.unwrap(), Config { level: 7 });
    }

    #[test]
    fn what_is_wrong_is_told_with_file_and_line_and_not_with_what_stands_there() {
        let (read, path) = reading(b"# levels\nlevel: hunter2\n");
        let error = read.unwrap_err();
        let text = format!(
            "configuration file {path:?}, line 2: this is not a number that fits, expected a whole number from 0 to 255"
        );
        assert_eq!(error.to_string(), text);
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let error = read::<Config>(Path::new("/nowhere/kaa.yaml")).unwrap_err();
        assert_eq!(error.to_string(), "configuration file \"/nowhere/kaa.yaml\" (--config) cannot be read");
        assert!(format!("{error:?}").contains("cannot be read\n  because "), "{error:?}");
        let (read, path) = reading(b"level: \xff");
        assert!(read.unwrap_err().to_string().contains(&path));
    }

    #[test]
    fn a_file_is_read_up_to_a_limit() {
        let file = NamedTempFile::new().unwrap();
        for (length, is_read) in [(LARGEST - 1, true), (LARGEST, true), (LARGEST + 1, false)] {
            file.as_file().set_len(length).unwrap();
            assert_eq!(text(file.path()).is_ok(), is_read, "{length}");
        }
    }
}
