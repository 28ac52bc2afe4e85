//! A token within its application: what is looked up.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use kaa_protocol::name::EndpointToken;

/// It cannot be printed: a token is a secret.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) application: Arc<str>,
    pub(super) token: EndpointToken,
}

impl Key {
    pub(super) fn new(application: &str, token: &EndpointToken) -> Self {
        Self { application: application.into(), token: token.clone() }
    }
}

/// The same from parts, so that looking something up copies no text.
pub(super) trait AsKey {
    fn parts(&self) -> (&str, &str);
}

impl AsKey for Key {
    fn parts(&self) -> (&str, &str) {
        (&self.application, self.token.as_str())
    }
}

impl AsKey for (&str, &EndpointToken) {
    fn parts(&self) -> (&str, &str) {
        (self.0, self.1.as_str())
    }
}

impl<'a> Borrow<dyn AsKey + 'a> for Key {
    fn borrow(&self) -> &(dyn AsKey + 'a) {
        self
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl Hash for dyn AsKey + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl PartialEq for dyn AsKey + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn AsKey + '_ {}
