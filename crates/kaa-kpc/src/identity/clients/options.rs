//! How clients are told apart, as an operator says it.

use std::collections::BTreeMap;
use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use bytestring::ByteString;
use kaa_protocol::name::ServiceInstance;

/// Who decides which clients may connect: `mode` in the configuration, and what belongs to it.
///
/// | mode | fields |
/// |---|---|
/// | `none` | |
/// | `static` | `passwords`, `certificates`, `verifications`, `timeout`, `guesses` |
/// | `ecap` | `provider`, `certificates`, `lookups`, `timeout`, `guesses` |
/// | `cap` | `tenant-id` and those of `ecap` |
///
/// Where certificates count, the certificate of a client that shows one decides alone; its password is not
/// looked at. Elsewhere, and for clients without a certificate, user name and password decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AuthenticatorOptions {
    /// `none`: everybody may connect. What clients show is not looked at.
    #[default]
    None,
    /// `static`: tables in the configuration.
    Static(StaticOptions),
    /// `ecap`: a provider that speaks 16/ECAP.
    Ecap(ProviderOptions),
    /// `cap`: a provider that speaks 22/CAP.
    Cap {
        /// `tenant-id`: the tenant that clients have to belong to.
        tenant_id: ByteString,
        /// The other fields.
        provider: ProviderOptions,
    },
}

/// The fields of mode `static`.
#[derive(Clone, PartialEq, Eq)]
pub struct StaticOptions {
    /// `passwords`: user names, and argon2id hashes of their passwords as
    /// [`hash_password`](super::hash_password) writes them. The user name becomes the client's ID.
    pub passwords: BTreeMap<String, String>,
    /// `certificates`: which ones count. Default: none.
    pub certificates: Certificates,
    /// `verifications`: how many hashes are computed at once, each on a thread of its own with up to 64 MiB (19
    /// with our own hashes); further ones wait. Default: half the processors, so that others still run.
    ///
    /// A hash of ours takes about 50 ms: of a fleet that has not logged in since the start, 20 clients come in per
    /// second and verification, and the others are told to come back. Later, it costs nothing.
    pub verifications: NonZeroUsize,
    /// `timeout`: how long a client waits before it is told to come back later. Default: 5 s.
    pub timeout: Duration,
    /// `guesses`: what guessing is slowed down to.
    pub guesses: GuessLimits,
}

/// Which certificates count in mode `static`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Certificates {
    /// None: passwords decide.
    #[default]
    Ignored,
    /// `any`: every one that the CA of the listener signed. The client's ID is `issuer#serial`.
    Any,
    /// These.
    Listed(Vec<ListedCertificate>),
}

/// A certificate and its client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedCertificate {
    /// `issuer`: the distinguished name of the issuer, as RFC 4514 writes it.
    pub issuer: String,
    /// `serial-number`, in decimal digits.
    pub serial_number: String,
    /// `client`: the client's ID.
    pub client: String,
}

/// The fields of the modes `ecap` and `cap`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOptions {
    /// `provider`: the service instance that decides.
    pub provider: ServiceInstance,
    /// `certificates`: whether it is asked about the certificates that clients show. Default: true.
    pub certificates: bool,
    /// `lookups`: how many requests to the provider are open at once; further ones wait. Default: 256.
    pub lookups: NonZeroUsize,
    /// `timeout`: how long a client waits before it is told to come back later. Default: 5 s.
    pub timeout: Duration,
    /// `guesses`: what guessing is slowed down to.
    pub guesses: GuessLimits,
}

/// What guessing is slowed down to. Behind a load balancer that hides the addresses of clients, all of them
/// share the limit of one address, which has to be raised then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuessLimits {
    /// `per-user`: the limit of one user name (or certificate) from one address.
    pub per_user: GuessLimit,
    /// `per-address`: the limit of one address, for users that have not logged in from there before. Of an
    /// IPv6 address, the first 64 bits count: a client may have all the rest.
    pub per_address: GuessLimit,
    /// `remembered`: how many addresses, and four times as many users of one address, are remembered with
    /// their failures. Beyond, those whose last attempt is the longest ago are forgotten. Default: 16,384.
    pub remembered: NonZeroUsize,
}

/// How many failed logins there may be, and how the next one is put off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GuessLimit {
    /// `failures`: how many within the window have no consequence but this: each further one has to wait, and
    /// each wait is twice the one before. Default: 5.
    pub failures: NonZeroU32,
    /// `evaluations`: how many failed logins there may be within the window, waits or not. Default: 10.
    pub evaluations: NonZeroU32,
    /// `window`. Waits begin anew when the last one has been over for that long. Default: 1 min.
    pub window: Duration,
    /// `first-delay`: the first wait. Default: 1 s.
    pub first_delay: Duration,
    /// `longest-delay`: the longest wait. Default: 1 min.
    pub longest_delay: Duration,
}

impl Default for StaticOptions {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            passwords: BTreeMap::new(),
            certificates: Certificates::default(),
            verifications: NonZeroUsize::new(processors / 2).unwrap_or(NonZeroUsize::MIN),
            timeout: DEFAULT_TIMEOUT,
            guesses: GuessLimits::default(),
        }
    }
}

/// The table without its hashes.
impl fmt::Debug for StaticOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passwords, certificates, verifications, timeout, guesses } = self;
        f.debug_struct("StaticOptions")
            .field("passwords", &passwords.keys())
            .field("certificates", certificates)
            .field("verifications", verifications)
            .field("timeout", timeout)
            .field("guesses", guesses)
            .finish()
    }
}

impl ProviderOptions {
    /// The default ones for this provider.
    pub fn new(provider: ServiceInstance) -> Self {
        Self {
            provider,
            certificates: true,
            lookups: const { NonZeroUsize::new(256).unwrap() },
            timeout: DEFAULT_TIMEOUT,
            guesses: GuessLimits::default(),
        }
    }
}

impl Default for GuessLimits {
    fn default() -> Self {
        Self {
            per_user: GuessLimit::default(),
            per_address: GuessLimit::default(),
            remembered: const { NonZeroUsize::new(16_384).unwrap() },
        }
    }
}

impl Default for GuessLimit {
    fn default() -> Self {
        Self {
            failures: const { NonZeroU32::new(5).unwrap() },
            evaluations: const { NonZeroU32::new(10).unwrap() },
            window: Duration::from_secs(60),
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(60),
        }
    }
}

/// Less than the time for a login, so that the client still hears why.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_shown_without_hashes() {
        let passwords = [("press-4".to_owned(), "canary".to_owned())].into();
        let options = AuthenticatorOptions::Static(StaticOptions { passwords, ..StaticOptions::default() });
        let shown = format!("{options:?}");
        assert!(shown.contains("press-4") && !shown.contains("canary"), "{shown}");
    }
}
