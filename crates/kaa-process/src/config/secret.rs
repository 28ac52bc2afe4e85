//! Text that is never printed.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest secret in a file, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Text that is never printed: a password, a token, a key.
///
/// Also serialised it is not shown: `********`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// By this name a configuration knows which of its entries are secrets.
    pub(super) const NAME: &str = "kaa_process::Secret";
    /// What is shown in place of a secret.
    pub(super) const SHOWN: &str = "********";

    /// The text, for whoever has to send or compare it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The secret of a pair of entries, `password` and `password-file`: as it stands in the configuration, or as
    /// it stands in the file, without the line break at its end.
    ///
    /// # Errors
    ///
    /// [`SecretError`] when both are set, or when the file cannot be read or has nothing in it. It names the
    /// entry, whose full name is `entry`, and the file.
    pub fn given(
        entry: &'static str,
        text: Option<&Self>,
        file: Option<&Path>,
    ) -> Result<Option<Self>, SecretError> {
        match (text, file) {
            (Some(_), Some(_)) => Err(SecretError::Twice { entry }),
            (Some(secret), None) => Ok(Some(secret.clone())),
            (None, Some(path)) => Self::read(entry, path).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn read(entry: &'static str, path: &Path) -> Result<Self, SecretError> {
        let unreadable = |source| SecretError::Unreadable { entry, path: path.to_owned(), source };
        let mut text = String::new();
        File::open(path)
            .and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text))
            .map_err(unreadable)?;
        if text.len() as u64 > LONGEST {
            let message = format!("it is larger than {LONGEST} bytes, which no secret is");
            return Err(unreadable(io::Error::new(io::ErrorKind::FileTooLarge, message)));
        }
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Err(SecretError::Empty { entry, path: path.to_owned() });
        }
        Ok(Self(line.to_owned()))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(Self::NAME, SecretVisitor)
    }
}

struct SecretVisitor;

impl<'de> de::Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret)
    }

    /// From what serde keeps of an enum with a tag.
    fn visit_str<E>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::from(text))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Self::SHOWN)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A secret that cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// It is there twice.
    #[error("{entry} and {entry}-file are both set; set one of them")]
    Twice {
        /// The entry.
        entry: &'static str,
    },
    /// The file cannot be read.
    #[error("{entry}-file: {path:?} cannot be read")]
    Unreadable {
        /// The entry, without `-file`.
        entry: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file has nothing in it.
    #[error("{entry}-file: {path:?} is empty; write the secret into it, or leave the entry out")]
    Empty {
        /// The entry, without `-file`.
        entry: &'static str,
        /// The file.
        path: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn in_file(content: &str) -> Result<Option<Secret>, SecretError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("secret");
        fs::write(&path, content).unwrap();
        Secret::given("nats.password", None, Some(&path))
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Some(Secret::from("hunter2"))), "Some(Secret(…))");
    }

    #[test]
    fn a_secret_in_a_file_ends_at_the_line_break() {
        for content in ["hunter2", "hunter2\n", "hunter2\r\n"] {
            assert_eq!(in_file(content).unwrap().unwrap().expose(), "hunter2", "{content:?}");
        }
        assert_eq!(
            in_file(" a\nb \n").unwrap().unwrap().expose(),
            " a\nb ",
            "only the last line break is none"
        );
    }

    #[test]
    fn a_file_without_a_secret_is_an_error_that_names_it() {
        for content in ["", "\n"] {
            let error = in_file(content).unwrap_err().to_string();
            assert!(
                error.starts_with("nats.password-file: ") && error.contains("secret\" is empty"),
                "{error}"
            );
        }
        let error = Secret::given("nats.token", None, Some(Path::new("/nowhere/token"))).unwrap_err();
        assert_eq!(error.to_string(), "nats.token-file: \"/nowhere/token\" cannot be read");
    }

    #[test]
    fn a_file_is_read_up_to_a_limit() {
        let longest = usize::try_from(LONGEST).unwrap();
        assert_eq!(in_file(&"x".repeat(longest)).unwrap().unwrap().expose().len(), longest);
        assert!(matches!(in_file(&"x".repeat(longest + 1)), Err(SecretError::Unreadable { .. })));
    }

    #[test]
    fn a_secret_that_is_there_twice_is_an_error_that_names_both_entries() {
        let error = Secret::given("nats.token", Some(&"a".into()), Some(Path::new("b"))).unwrap_err();
        assert_eq!(error.to_string(), "nats.token and nats.token-file are both set; set one of them");
    }
}
