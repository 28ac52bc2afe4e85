//! Where the endpoints of tokens come from, as an operator wants it.

use std::fmt;
use std::num::NonZeroUsize;
use std::time::Duration;

use kaa_process::config::Secret;
use kaa_protocol::name::ServiceInstance;
use serde::{Deserialize, Serialize, Serializer};

/// Where the endpoints of tokens come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokensOptions {
    /// Every token is taken for the ID of its endpoint. Whoever can connect can speak for every endpoint:
    /// this is for development.
    Trustful,
    /// The tokens of the configuration, and no others.
    Table(Vec<StaticToken>),
    /// A service knows them (16/ECAP).
    Provider(ProviderOptions),
}

/// One token of the configuration. Each field is an entry, with hyphens in place of underscores.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StaticToken {
    /// What devices show, as a level of their topics.
    #[serde(serialize_with = "hidden")]
    pub token: String,
    /// The ID of the endpoint that it stands for.
    pub endpoint: String,
    /// The application that the endpoint belongs to. Where none are configured, it has the name of the
    /// application version.
    pub application: String,
    /// The only application version in whose topics the token counts. Left out: all of the application.
    #[serde(default)]
    pub app_version: Option<String>,
    /// The only clients that may use the token, by the IDs with which they log in. Left out: all.
    #[serde(default)]
    pub clients: Option<Vec<String>>,
}

/// Something in place of a token.
fn hidden<S: Serializer>(token: &str, serializer: S) -> Result<S::Ok, S::Error> {
    Secret::from(token).serialize(serializer)
}

/// Without the token.
impl fmt::Debug for StaticToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token: _, endpoint, application, app_version, clients } = self;
        f.debug_struct("StaticToken")
            .field("endpoint", endpoint)
            .field("application", application)
            .field("app_version", app_version)
            .field("clients", clients)
            .finish_non_exhaustive()
    }
}

/// How a provider is asked, and for how long its answers hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderOptions {
    /// The service instance that knows the tokens, and whose revocations count.
    pub provider: ServiceInstance,
    /// How long a token may take to be looked up, its turn included. Default: 5 s.
    pub timeout: Duration,
    /// The most tokens that are asked about at once; others wait for their turn. Default: 256.
    pub lookups: NonZeroUsize,
    /// The most tokens that wait for their turn; one more gets 503. Default: 8,192.
    pub waiting: usize,
    /// The most endpoints that are remembered; the one used longest ago makes room. Default: 100,000.
    pub known: NonZeroUsize,
    /// How long an endpoint is remembered, unless its token is revoked. Default: 5 min.
    pub known_for: Duration,
    /// The most refused tokens that are remembered, apart from the endpoints: no guesser makes those
    /// forgotten. Default: 4,096.
    pub refused: NonZeroUsize,
    /// How long a refusal is remembered: a token that is made good is refused for no longer. Default: 5 s.
    pub refused_for: Duration,
}

impl ProviderOptions {
    /// The defaults, with this provider.
    pub fn new(provider: ServiceInstance) -> Self {
        Self {
            provider,
            timeout: Duration::from_secs(5),
            lookups: const { NonZeroUsize::new(256).unwrap() },
            waiting: 8_192,
            known: const { NonZeroUsize::new(100_000).unwrap() },
            known_for: Duration::from_secs(300),
            refused: const { NonZeroUsize::new(4_096).unwrap() },
            refused_for: Duration::from_secs(5),
        }
    }
}
