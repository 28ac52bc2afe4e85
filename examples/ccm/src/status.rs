//! Active, suspended, revoked, and the ways between.

use std::str::FromStr;

use kaa_ext::ErrorStatus;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a token or a credential counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// It counts.
    Active,
    /// It does not, for now.
    Suspended,
    /// It never will again.
    Revoked,
}

/// The step that is asked for, as the path of a REST request has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Step {
    /// Until it is resumed.
    Suspend,
    /// From suspended to active.
    Resume,
    /// For ever.
    Revoke,
}

/// Not one of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such status; expected active, suspended or revoked")]
pub(crate) struct UnknownStatus;

impl kaa_ext::ReplyError for UnknownStatus {
    fn status(&self) -> ErrorStatus {
        ErrorStatus::BAD_REQUEST
    }
}

impl Step {
    pub(crate) fn target(self) -> Status {
        match self {
            Self::Suspend => Status::Suspended,
            Self::Resume => Status::Active,
            Self::Revoke => Status::Revoked,
        }
    }
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }

    /// Whether it may become this. What is so already may become so again: a step can be repeated.
    pub(crate) fn may_become(self, target: Self) -> bool {
        self != Self::Revoked || target == Self::Revoked
    }
}

/// In any case: 16/ECAP does not say how a status is written.
impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(text: &str) -> Result<Self, UnknownStatus> {
        let mut all = [Self::Active, Self::Suspended, Self::Revoked].into_iter();
        all.find(|status| status.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownStatus)
    }
}

#[cfg(test)]
mod tests {
    use super::Status::{Active, Revoked, Suspended};
    use super::*;

    #[test]
    fn every_way_is_open_but_the_one_back_from_revoked() {
        let all = [Active, Suspended, Revoked];
        let closed: Vec<_> = all
            .into_iter()
            .flat_map(|from| all.map(|to| (from, to)))
            .filter(|(from, to)| !from.may_become(*to))
            .collect();
        assert_eq!(closed, [(Revoked, Active), (Revoked, Suspended)]);
    }

    #[test]
    fn a_status_is_read_in_any_case_and_another_word_is_none() {
        for (text, status) in [("active", Active), ("SUSPENDED", Suspended), ("Revoked", Revoked)] {
            assert_eq!(text.parse(), Ok(status));
        }
        for text in ["", "pending", "active ", "inactive"] {
            assert_eq!(text.parse::<Status>(), Err(UnknownStatus), "{text:?}");
        }
    }
}
