//! Which endpoint does this token stand for?
//!
//! ```text
//! know ──► trust: the token is the ID              everything is known at once
//!     ──► table: of the configuration
//!     ──► memory ◄── revocations ◄── events        what the provider said, as long as it holds
//! ask ────► lookup ──► 16/ECAP provider            one at a time for each token
//! ```
//!
//! A token that nobody knows and one that is known, but not for this application or client, get the same
//! answer: whoever guesses learns nothing.

mod key;
mod lookup;
mod memory;
mod options;
mod provider;
mod refusal;
mod revocations;
mod table;

use bytestring::ByteString;
use kaa_bus::{Messaging, SubscribeError};
use kaa_protocol::kp1::RequestPath;
use kaa_protocol::name::{EndpointId, EndpointToken};
use tokio::sync::mpsc;

pub use options::{ProviderOptions, StaticToken, TokensOptions};
pub use provider::TokenCounters;

use self::provider::Provider;
use self::refusal::Refusal;
use self::table::Table;
use crate::identity::Revocation;
use crate::identity::clients::Client;
use crate::options::OptionsError;
use crate::relay::{Answer, ResolvedEndpoint};

/// The endpoint of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownEndpoint {
    /// The endpoint and its application version.
    pub endpoint: ResolvedEndpoint,
    /// The identity of the token, by which it is revoked; `None` when it cannot be.
    pub token_id: Option<ByteString>,
}

/// Finds the endpoints of tokens.
///
/// Whoever uses a token asks for every request anew: a token that was revoked since is not known any more
/// then. That costs a lookup in memory.
///
/// The default is *trustful*: every token is its own endpoint ID.
#[derive(Debug, Default)]
pub struct Tokens {
    source: Source,
}

#[derive(Debug, Default)]
enum Source {
    #[default]
    Trust,
    Table(Table),
    Provider(Provider),
}

/// What a token turned out to stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    endpoint_id: EndpointId,
    token_id: Option<ByteString>,
}

/// What became of the question.
type Verdict = Result<Found, Refusal>;

/// Tokens that cannot be looked up as was wished.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokensError {
    /// The table is not in order.
    #[error(transparent)]
    Table(#[from] OptionsError),
    /// Nobody would say which tokens are revoked.
    #[error("the revocations of tokens cannot be listened to")]
    Revocations(#[from] SubscribeError),
}

impl Tokens {
    /// Finds endpoints as `options` say. What a provider revokes goes to `revoked`, for whoever ends the
    /// sessions that rest on it.
    ///
    /// # Errors
    ///
    /// [`TokensError`]: a table that is not in order, or a bus that is away.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, nothing is left behind.
    pub async fn start(
        messaging: Messaging,
        options: TokensOptions,
        revoked: mpsc::Sender<Revocation>,
    ) -> Result<Self, TokensError> {
        let source = match options {
            TokensOptions::Trustful => Source::Trust,
            TokensOptions::Table(tokens) => Source::Table(Table::new(tokens)?),
            TokensOptions::Provider(options) => {
                Source::Provider(Provider::start(messaging, options, revoked).await?)
            }
        };
        Ok(Self { source })
    }

    /// The endpoint of the token in `path`, as far as it is known here; `None` when [`ask`](Self::ask) has
    /// to find out. It copies no text.
    pub fn know(
        &self,
        application: &str,
        path: &RequestPath,
        token: &EndpointToken,
        client: &Client,
    ) -> Option<Result<KnownEndpoint, Answer>> {
        let verdict = match &self.source {
            Source::Trust => trust(token),
            Source::Table(table) => table.find(application, path, token, client),
            Source::Provider(provider) => provider.know(application, token)?,
        };
        Some(answer(verdict, path))
    }

    /// The same, asking others where needed.
    ///
    /// # Errors
    ///
    /// 404 for an unknown token, 403 for one that is revoked or suspended, 503 when nobody can say, and
    /// in trustful mode 400 for one that is no endpoint ID.
    ///
    /// # Cancel safety
    ///
    /// When the future is dropped, the token is looked up all the same, for others who may wait.
    pub async fn ask(
        &self,
        application: &str,
        path: &RequestPath,
        token: &EndpointToken,
        client: &Client,
    ) -> Result<KnownEndpoint, Answer> {
        let verdict = match &self.source {
            Source::Trust => trust(token),
            Source::Table(table) => table.find(application, path, token, client),
            Source::Provider(provider) => provider.ask(application, token).await,
        };
        answer(verdict, path)
    }

    /// What happened so far. Only a provider makes things happen.
    pub fn counters(&self) -> TokenCounters {
        match &self.source {
            Source::Trust | Source::Table(_) => TokenCounters::default(),
            Source::Provider(provider) => provider.counters(),
        }
    }
}

fn trust(token: &EndpointToken) -> Verdict {
    let endpoint_id = token.as_str().parse().map_err(Refusal::NoEndpointId)?;
    Ok(Found { endpoint_id, token_id: None })
}

fn answer(verdict: Verdict, path: &RequestPath) -> Result<KnownEndpoint, Answer> {
    let Found { endpoint_id, token_id } = verdict?;
    let endpoint = ResolvedEndpoint { endpoint_id, app_version: path.app_version.clone() };
    Ok(KnownEndpoint { endpoint, token_id })
}
