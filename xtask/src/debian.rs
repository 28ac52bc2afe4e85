//! Packages of Debian, installed where we may do that.

use std::process::Command;

use crate::failure::Failure;
use crate::process;

/// Installs packages, or says what to type.
pub(crate) fn install(packages: &[&str]) -> Result<(), Failure> {
    let is_root = process::read(Command::new("id").arg("-u")).is_ok_and(|id| id.stdout.trim() == "0");
    if !is_root {
        return Err(not_allowed(packages));
    }
    eprintln!("installing {} with apt-get", packages.join(", "));
    let apt_get = || {
        let mut command = Command::new("apt-get");
        command.args(["-qq", "-o", "Acquire::Retries=5", "-o", "DPkg::Lock::Timeout=120"]);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::read(apt_get().arg("update"))?;
    process::read(apt_get().args(["install", "-y", "--no-install-recommends"]).args(packages))?;
    Ok(())
}

fn not_allowed(packages: &[&str]) -> Failure {
    Failure::new(
        format!("the tests need programs of the packages {}.", packages.join(", ")),
        format!("Type `sudo apt-get install -y {}`, then run the command again.", packages.join(" ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_install_is_told_what_to_type() {
        let failure = not_allowed(&["mosquitto-clients", "npm"]).to_string();
        assert!(failure.contains("`sudo apt-get install -y mosquitto-clients npm`"), "{failure}");
    }
}
