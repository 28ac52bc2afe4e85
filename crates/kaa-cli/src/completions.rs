//! `kaa completions` and `kaa man`: what the definitions of the arguments know already.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Command};
use clap_complete::Shell;

use crate::terminal::tell;

/// Print what a shell needs to complete the arguments of kaa.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kaa completions bash > ~/.local/share/bash-completion/completions/kaa
  kaa completions zsh > ~/.zfunc/_kaa
  kaa completions fish > ~/.config/fish/completions/kaa.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, mut kaa: Command) -> ExitCode {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut kaa, "kaa", &mut script);
        match io::Write::write_all(&mut io::stdout(), &script) {
            Ok(()) => ExitCode::SUCCESS,
            // Nobody reads standard output any more: there is nobody left to tell.
            Err(_) => ExitCode::FAILURE,
        }
    }
}

/// Write the manual pages of kaa into a directory.
///
/// Exit code: 0, or 2 when they cannot be written.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  kaa man ~/.local/share/man/man1 && man kaa-tap")]
pub(crate) struct Man {
    /// The directory, which is made if it is not there
    dir: PathBuf,
}

impl Man {
    pub(crate) fn run(&self, kaa: Command) -> ExitCode {
        let written = std::fs::create_dir_all(&self.dir)
            .and_then(|()| clap_mangen::generate_to(kaa.disable_help_subcommand(true), &self.dir));
        match written {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                tell("man", &format!("{:?} cannot be written: {error}", self.dir));
                ExitCode::from(2)
            }
        }
    }
}
