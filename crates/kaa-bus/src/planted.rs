//! Bugs on request: to see whether the simulation finds them (`docs/simulation.md`).
//!
//! A line that may be wrong on purpose asks `planted!("the name of the bug")`. In every build without
//! `--cfg kaa_plant` that is the constant `false`, and the compiler drops the bug. All crates of the workspace
//! use this one module.

/// Which bug is planted now; at most one.
#[cfg(kaa_plant)]
static PLANTED: std::sync::RwLock<Option<&'static str>> = std::sync::RwLock::new(None);

/// Plants this bug instead of the one before.
#[cfg(kaa_plant)]
pub fn plant(bug: Option<&'static str>) {
    *PLANTED.write().unwrap_or_else(std::sync::PoisonError::into_inner) = bug;
}

/// Whether this bug is planted.
#[cfg(kaa_plant)]
pub fn is_planted(bug: &str) -> bool {
    *PLANTED.read().unwrap_or_else(std::sync::PoisonError::into_inner) == Some(bug)
}

/// Whether the bug of this name is planted. Without `--cfg kaa_plant`: no.
#[cfg(kaa_plant)]
#[doc(hidden)]
#[macro_export]
macro_rules! planted {
    ($bug:literal) => {
        $crate::planted::is_planted($bug)
    };
}

/// Whether the bug of this name is planted. Without `--cfg kaa_plant`: no.
#[cfg(not(kaa_plant))]
#[doc(hidden)]
#[macro_export]
macro_rules! planted {
    ($bug:literal) => {
        false
    };
}
