//! `kaa new`: an extension to begin with.

mod name;
mod template;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::terminal::{tell, tell_error};
use name::CrateName;

/// Make a new extension: a crate with a resource, a listener, settings, tests and what it takes to run it.
///
/// It compiles and passes its tests as it is. The directory must not exist, or be empty; nothing is overwritten.
///
/// Exit code: 0, or 2 when the directory cannot be used.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa new plants
  kaa new plants --path ../kaa-ext    with the SDK of a checkout of its repository")]
pub(crate) struct New {
    /// The name of the crate and of the service instance, such as plants
    name: CrateName,
    /// Where to make it [default: a directory of that name]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Take the SDK from this checkout of its repository instead of by its version
    #[arg(long, value_name = "CHECKOUT")]
    path: Option<PathBuf>,
}

/// Why there is no new extension.
#[derive(Debug, thiserror::Error)]
enum NewError {
    #[error("{directory:?} is not empty; take another name, or another directory with --dir")]
    NotEmpty { directory: PathBuf },
    #[error("{path:?} is no checkout of the SDK: there is no crates/kaa-ext/Cargo.toml in it")]
    NotACheckout { path: PathBuf },
    #[error("{path:?} cannot be written")]
    Write { path: PathBuf, source: io::Error },
}

impl New {
    pub(crate) fn run(self) -> ExitCode {
        match self.make() {
            Ok(directory) => {
                let directory = directory.display();
                tell("new", &format!("{directory} is there; next: cd {directory} && cargo test"));
                ExitCode::SUCCESS
            }
            Err(error) => {
                tell_error("new", &error);
                ExitCode::from(2)
            }
        }
    }

    fn make(self) -> Result<PathBuf, NewError> {
        let directory = self.dir.unwrap_or_else(|| self.name.as_str().into());
        let checkout = self.path.as_deref().map(checkout).transpose()?;
        make_empty(&directory)?;
        for (path, text) in template::files(self.name.as_str(), checkout.as_deref()) {
            write_new(&directory.join(path), &text)?;
        }
        Ok(directory)
    }
}

/// The SDK in a checkout, by its absolute path: the new crate may be moved.
fn checkout(path: &Path) -> Result<PathBuf, NewError> {
    let sdk = path.join("crates/kaa-ext");
    let absolute = sdk.canonicalize().ok().filter(|sdk| sdk.join("Cargo.toml").is_file());
    absolute.ok_or_else(|| NewError::NotACheckout { path: path.to_owned() })
}

/// Makes sure that the directory is there and has nothing in it.
fn make_empty(directory: &Path) -> Result<(), NewError> {
    let failed = |source| NewError::Write { path: directory.to_owned(), source };
    fs::create_dir_all(directory).map_err(failed)?;
    match fs::read_dir(directory).map_err(failed)?.next() {
        None => Ok(()),
        Some(_) => Err(NewError::NotEmpty { directory: directory.to_owned() }),
    }
}

fn write_new(path: &Path, text: &str) -> Result<(), NewError> {
    let write = || {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        File::create_new(path)?.write_all(text.as_bytes())
    };
    write().map_err(|source| NewError::Write { path: path.to_owned(), source })
}
