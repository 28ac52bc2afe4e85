//! `kaa-kpc hash-password`.

use std::io::{self, BufRead, IsTerminal};

use kaa_kpc::identity::clients::{HashError, hash_password};

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("the password cannot be read from standard input")]
    Unreadable(#[from] io::Error),
    #[error("there is no password on standard input; type one, or pipe it in")]
    Empty,
    #[error(transparent)]
    Hash(#[from] HashError),
}

/// Reads one line and prints the hash of it.
pub(crate) fn hash() -> Result<(), PasswordError> {
    let input = io::stdin().lock();
    if input.is_terminal() {
        println!("Type the password (it is shown), then Enter:");
    }
    let password = input.lines().next().transpose()?.filter(|password| !password.is_empty());
    println!("{}", hash_password(&password.ok_or(PasswordError::Empty)?)?);
    Ok(())
}
