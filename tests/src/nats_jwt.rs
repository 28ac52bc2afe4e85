//! Decentralised login for a test: an operator who vouches for an account that vouches for a user.

use data_encoding::BASE64URL_NOPAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

/// What a server has to know, and what a user has to show.
#[derive(Debug, Clone)]
pub struct Login {
    /// Configuration for the server: the operator and the account.
    pub config: String,
    /// The content of the user's credentials file.
    pub credentials: String,
}

impl Login {
    /// Makes operator, account and user, new.
    ///
    /// # Panics
    ///
    /// Never, unless the system has no randomness.
    pub fn generate() -> Self {
        let (operator, account, user) =
            (KeyPair::new_operator(), KeyPair::new_account(), KeyPair::new_user());
        let operator_jwt = jwt(&operator, &operator, &json!({ "type": "operator", "version": 2 }));
        let unlimited = json!({ "subs": -1, "data": -1, "payload": -1, "conn": -1, "leaf": -1, "imports": -1, "exports": -1 });
        let account_jwt =
            jwt(&operator, &account, &json!({ "type": "account", "version": 2, "limits": unlimited }));
        let unlimited = json!({ "subs": -1, "data": -1, "payload": -1 });
        let mut user_claims = json!({ "type": "user", "version": 2 });
        if let (Some(claims), Some(limits)) = (user_claims.as_object_mut(), unlimited.as_object()) {
            claims.extend(limits.clone());
        }
        let user_jwt = jwt(&account, &user, &user_claims);
        let seed = user.seed().expect("a generated key has a seed");
        let config = format!(
            "operator: {operator_jwt}\nresolver: MEMORY\nresolver_preload: {{ {}: {account_jwt} }}\n",
            account.public_key(),
        );
        let credentials = format!(
            "-----BEGIN NATS USER JWT-----\n{user_jwt}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n",
        );
        Self { config, credentials }
    }
}

/// A token in which `issuer` says `nats` about `subject`.
fn jwt(issuer: &KeyPair, subject: &KeyPair, nats: &Value) -> String {
    let header = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let (iss, sub) = (issuer.public_key(), subject.public_key());
    let claims = json!({ "jti": sub, "iat": 1, "iss": iss, "sub": sub, "name": sub, "nats": nats });
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(&header), part(&claims));
    let signature = issuer.sign(signed.as_bytes()).expect("a generated key signs");
    format!("{signed}.{}", BASE64URL_NOPAD.encode(&signature))
}
