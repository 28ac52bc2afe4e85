//! Mode `static`: clients from tables.

use std::sync::{Arc, LazyLock};

use kaa_bus::Bus;
use kaa_kpc::identity::clients::{
    Authenticator, AuthenticatorError, AuthenticatorOptions, Certificates, Denied, ListedCertificate, Login,
    StaticOptions, hash_password,
};
use tokio::sync::mpsc;

use crate::world::{World, address, certificate, client, password};

/// Made once: it takes a while.
static HASH: LazyLock<String> = LazyLock::new(|| hash_password("one").unwrap());

fn passwords(user_names: &[&str]) -> StaticOptions {
    let entry = |user_name: &&str| ((*user_name).to_owned(), HASH.clone());
    StaticOptions { passwords: user_names.iter().map(entry).collect(), ..StaticOptions::default() }
}

async fn start(options: StaticOptions) -> Authenticator {
    World::new().start(AuthenticatorOptions::Static(options)).await.0
}

fn refused(options: StaticOptions) -> AuthenticatorError {
    AuthenticatorOptions::Static(options).check().unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn wrong_passwords_and_wrong_users_look_the_same() {
    let authenticator = start(passwords(&["ann"])).await;
    let wrong_password = authenticator.admit(&password("ann", "two"), address(1)).await;
    let wrong_user = authenticator.admit(&password("bob", "one"), address(1)).await;
    assert_eq!(wrong_password, Err(Denied::Credentials));
    assert_eq!(wrong_user, wrong_password);
    // A hash was computed for each.
    assert_eq!(authenticator.counters().evaluated, 2);
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_is_known_and_its_password_is_still_looked_at() {
    let authenticator = start(passwords(&["ann"])).await;
    for times in 0..100 {
        let admitted = authenticator.admit(&password("ann", "one"), address(times)).await;
        assert_eq!(admitted, Ok(client("ann", None)));
    }
    let counters = authenticator.counters();
    assert_eq!((counters.admitted, counters.evaluated, counters.known), (100, 1, 99));
    assert_eq!(authenticator.admit(&password("ann", "two"), address(1)).await, Err(Denied::Credentials));
    assert_eq!(authenticator.counters().evaluated, 2);
}

#[tokio::test(start_paused = true)]
async fn clients_that_come_at_once_are_all_admitted_while_hashes_are_computed_one_by_one() {
    let verifications = std::num::NonZeroUsize::MIN;
    let options = StaticOptions { verifications, ..passwords(&["ann", "bob"]) };
    let authenticator = Arc::new(start(options).await);
    let mut logins = tokio::task::JoinSet::new();
    for (number, user_name) in (0..4).zip(["ann", "bob"].into_iter().cycle()) {
        let authenticator = Arc::clone(&authenticator);
        logins.spawn(async move { authenticator.admit(&password(user_name, "one"), address(number)).await });
    }
    assert!(logins.join_all().await.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn half_of_a_user_name_and_password_is_nobodys() {
    let authenticator = start(passwords(&["ann", ""])).await;
    for login in [
        Login { user_name: None, ..password("", "one") },
        Login { password: None, ..password("ann", "") },
        certificate("CN=ca", "7"),
    ] {
        assert_eq!(authenticator.admit(&login, address(1)).await, Err(Denied::Credentials), "{login:?}");
    }
    assert_eq!(authenticator.counters().evaluated, 0);
}

#[tokio::test(start_paused = true)]
async fn a_certificate_decides_where_certificates_count() {
    let listed = ListedCertificate {
        issuer: "CN=ca".to_owned(),
        serial_number: "7".to_owned(),
        client: "press-4".to_owned(),
    };
    let certificates = Certificates::Listed(vec![listed]);
    let authenticator = start(StaticOptions { certificates, ..passwords(&["ann"]) }).await;
    let admitted = authenticator.admit(&certificate("CN=ca", "7"), address(1)).await;
    assert_eq!(admitted, Ok(client("press-4", None)));
    let both = Login { certificate: certificate("CN=ca", "8").certificate, ..password("ann", "one") };
    assert_eq!(authenticator.admit(&both, address(1)).await, Err(Denied::Credentials));

    let any = StaticOptions { certificates: Certificates::Any, ..StaticOptions::default() };
    let admitted = start(any).await.admit(&both, address(1)).await;
    assert_eq!(admitted, Ok(client("CN=ca#8", None)));

    let ignoring = start(passwords(&["ann"])).await;
    assert_eq!(ignoring.admit(&both, address(1)).await, Ok(client("ann", None)));
}

#[tokio::test]
async fn every_wrong_entry_is_named_at_once_with_what_to_do_and_without_its_hash() {
    let mut options = passwords(&["good"]);
    for (user_name, hash) in [("old", "$2b$12$canarycanarycanary"), ("plain", "canary")] {
        options.passwords.insert(user_name.to_owned(), hash.to_owned());
    }
    let error = refused(options.clone());
    assert_eq!(
        error.to_string(),
        "passwords.old: a hash of bcrypt, not of argon2id; hash the password with `kaa-kpc hash-password`\n\
         passwords.plain: no argon2id hash; hash the password with `kaa-kpc hash-password`, and change this \
         password if it stood here in plain text"
    );
    let (sender, _revocations) = mpsc::channel(1);
    let messaging = kaa_bus::Messaging::new(Bus::memory(), "kpc".parse().unwrap(), "kpc-0".parse().unwrap());
    let started = Authenticator::start(messaging, AuthenticatorOptions::Static(options), sender).await;
    assert_eq!(started.unwrap_err(), error);
}

#[test]
fn tables_that_let_nobody_in_are_a_mistake() {
    assert_eq!(refused(StaticOptions::default()), AuthenticatorError::Nobody);
    let certificates = Certificates::Listed(Vec::new());
    let empty = StaticOptions { certificates, ..StaticOptions::default() };
    assert_eq!(refused(empty), AuthenticatorError::Nobody);
}
