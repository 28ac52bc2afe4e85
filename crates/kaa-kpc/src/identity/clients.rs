//! May this client connect?
//!
//! ```text
//! Login ──► what counts: certificate or password ──► throttle: too many wrong ones from there?
//!                                                        │
//! Client, Denied ◄── listed: tables, argon2id ◄──────────┤ a bounded number at once, within the timeout
//!                ◄── provider: 16/ECAP, 22/CAP ◄─────────┘
//!                        └──► Revocation: sessions have to end
//! ```
//!
//! | module | idea |
//! |---|---|
//! | `login` | what a client shows, and what it is told |
//! | `checks` | from one to the other |
//! | `options`, `error` | what an operator can say, and what is wrong with it |
//! | `throttle` | guessing is slow |
//! | `listed` | clients from tables |
//! | `password_hash` | passwords at rest |
//! | `provider` | clients that another service knows, and credentials that it takes back |
//! | `counters` | what happened |

mod checks;
mod counters;
mod error;
mod listed;
mod login;
mod options;
mod password_hash;
mod provider;
mod throttle;

use std::net::IpAddr;
use std::sync::Arc;

use kaa_bus::Messaging;
use tokio::sync::mpsc;

pub use self::counters::ClientCounters;
pub use self::error::{AuthenticatorError, BadEntry};
pub use self::login::{Client, ClientCertificate, Denied, Login};
pub use self::options::{
    AuthenticatorOptions, Certificates, GuessLimit, GuessLimits, ListedCertificate, ProviderOptions,
    StaticOptions,
};
pub use self::password_hash::{HashError, PasswordHashError, hash_password};

use self::checks::{Bounds, Checks, Judge};
use self::counters::Tally;
use self::listed::Listed;
use self::provider::{Protocol, Provider};
use super::Revocation;

/// Decides which clients may connect. The default one lets everybody in.
///
/// What it says of a wrong user name and of a wrong password is the same, and takes the same time.
#[derive(Debug, Default)]
pub struct Authenticator {
    /// `None` when everybody may connect.
    checks: Option<Checks>,
}

impl Authenticator {
    /// Checks the options, and starts to listen for what the provider revokes, if there is one: the credentials
    /// go to `revoked`, and sessions that rest on them have to be cut by whoever reads that. When it is full,
    /// further ones wait.
    ///
    /// # Errors
    ///
    /// [`AuthenticatorError`], naming every entry that is wrong, or why the provider cannot be listened to.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, there is no authenticator.
    pub async fn start(
        messaging: Messaging,
        options: AuthenticatorOptions,
        revoked: mpsc::Sender<Revocation>,
    ) -> Result<Self, AuthenticatorError> {
        let (protocol, options) = match options {
            AuthenticatorOptions::None => return Ok(Self::default()),
            AuthenticatorOptions::Static(options) => return Self::with_tables(&options),
            AuthenticatorOptions::Ecap(options) => (Protocol::Ecap, options),
            AuthenticatorOptions::Cap { tenant_id, provider } => (Protocol::Cap { tenant_id }, provider),
        };
        let ProviderOptions { provider, certificates, lookups, timeout, guesses } = options;
        let tally = Arc::<Tally>::default();
        let provider = Provider::start(messaging, provider, protocol, Arc::clone(&tally), revoked).await?;
        let bounds = Bounds { evaluations: lookups.get(), timeout, guesses };
        Ok(Self { checks: Some(Checks::new(Judge::Provider(provider), certificates, bounds, tally)) })
    }

    fn with_tables(options: &StaticOptions) -> Result<Self, AuthenticatorError> {
        let listed = Listed::new(options)?;
        let StaticOptions { verifications, timeout, guesses, .. } = *options;
        let bounds = Bounds { evaluations: verifications.get(), timeout, guesses };
        let certificates_count = listed.certificates_count();
        let checks = Checks::new(Judge::Listed(listed), certificates_count, bounds, Arc::default());
        Ok(Self { checks: Some(checks) })
    }

    /// Whether a client may connect.
    ///
    /// A revocation that comes after that, but before the session of the client is known to whoever cuts sessions,
    /// finds nothing to cut. Whoever opens sessions has to ask again then.
    ///
    /// # Errors
    ///
    /// [`Denied`], within the timeout of the options.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, an evaluation that has begun goes on, and counts as a guess if it fails: a
    /// client gains nothing by hanging up.
    pub async fn admit(&self, login: &Login, from: IpAddr) -> Result<Client, Denied> {
        let Some(checks) = &self.checks else { return Ok(Client::default()) };
        let verdict = checks.decide(login, from).await;
        checks.tally.count(&verdict);
        verdict
    }

    /// What happened so far.
    pub fn counters(&self) -> ClientCounters {
        self.checks.as_ref().map(|checks| checks.tally.snapshot()).unwrap_or_default()
    }
}

impl AuthenticatorOptions {
    /// Checks what can be checked without starting anything.
    ///
    /// # Errors
    ///
    /// [`AuthenticatorError`], naming every entry that is wrong.
    pub fn check(&self) -> Result<(), AuthenticatorError> {
        match self {
            Self::Static(options) => Listed::new(options).map(drop),
            Self::None | Self::Ecap(_) | Self::Cap { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
