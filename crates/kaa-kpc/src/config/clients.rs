//! `clients`: which clients may connect.

use std::collections::BTreeMap;
use std::time::Duration;

use kaa_process::config::{Secret, Settings, duration};
use kaa_protocol::name::ServiceInstance;
use serde::{Deserialize, Serialize, Serializer};

use crate::identity::clients::{
    AuthenticatorOptions, Certificates, ListedCertificate, ProviderOptions, StaticOptions,
};

/// `clients` of the configuration.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Settings)]
#[serde(tag = "mode", deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum ClientsConfig {
    /// Everybody may connect. What clients show of themselves is not looked at.
    // With braces, or serde would not mind further entries.
    None {},
    /// Tables in the file.
    Static {
        /// User names, and the hashes of their passwords that `kaa-kpc hash-password` prints.
        #[serde(default, serialize_with = "hidden")]
        passwords: BTreeMap<String, String>,
        /// Certificates and their clients.
        #[serde(default)]
        certificates: Vec<CertificateConfig>,
        /// Whether every certificate of the CA will do.
        #[serde(default)]
        any_certificate: bool,
    },
    /// A provider on the bus that speaks 16/ECAP.
    Ecap {
        /// Its service instance name.
        provider: ServiceInstance,
        /// Whether it is asked about certificates, too. Default: yes.
        #[serde(default = "yes")]
        certificates: bool,
        /// How long it may take. Default: 5 s.
        #[serde(default, with = "duration::optional")]
        timeout: Option<Duration>,
    },
    /// A provider on the bus that speaks 22/CAP.
    Cap {
        /// The tenant that clients have to belong to.
        tenant_id: String,
        /// Its service instance name.
        provider: ServiceInstance,
        /// Whether it is asked about certificates, too. Default: yes.
        #[serde(default = "yes")]
        certificates: bool,
        /// How long it may take. Default: 5 s.
        #[serde(default, with = "duration::optional")]
        timeout: Option<Duration>,
    },
}

/// A certificate and its client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct CertificateConfig {
    /// The distinguished name of the issuer, as RFC 4514 writes it.
    pub issuer: String,
    /// In decimal digits.
    pub serial_number: String,
    /// The ID of the client.
    pub client: String,
}

impl Default for ClientsConfig {
    fn default() -> Self {
        Self::None {}
    }
}

/// The user names, without the hashes.
fn hidden<S: Serializer>(passwords: &BTreeMap<String, String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(passwords.iter().map(|(user, hash)| (user, Secret::from(hash.as_str()))))
}

fn yes() -> bool {
    true
}

impl ClientsConfig {
    pub(super) fn options(&self) -> AuthenticatorOptions {
        match self {
            Self::None {} => AuthenticatorOptions::None,
            Self::Static { passwords, certificates, any_certificate } => {
                let certificates = match (any_certificate, &certificates[..]) {
                    (true, _) => Certificates::Any,
                    (false, []) => Certificates::Ignored,
                    (false, certificates) => {
                        Certificates::Listed(certificates.iter().map(CertificateConfig::listed).collect())
                    }
                };
                let passwords = passwords.clone();
                AuthenticatorOptions::Static(StaticOptions {
                    passwords,
                    certificates,
                    ..StaticOptions::default()
                })
            }
            Self::Ecap { provider, certificates, timeout } => {
                AuthenticatorOptions::Ecap(provider_options(provider, *certificates, *timeout))
            }
            Self::Cap { tenant_id, provider, certificates, timeout } => AuthenticatorOptions::Cap {
                tenant_id: tenant_id.as_str().into(),
                provider: provider_options(provider, *certificates, *timeout),
            },
        }
    }
}

fn provider_options(
    provider: &ServiceInstance,
    certificates: bool,
    timeout: Option<Duration>,
) -> ProviderOptions {
    let usual = ProviderOptions::new(provider.clone());
    ProviderOptions { certificates, timeout: timeout.unwrap_or(usual.timeout), ..usual }
}

impl CertificateConfig {
    fn listed(&self) -> ListedCertificate {
        let Self { issuer, serial_number, client } = self.clone();
        ListedCertificate { issuer, serial_number, client }
    }
}

/// Without the hashes.
impl std::fmt::Debug for ClientsConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.options().fmt(f)
    }
}
