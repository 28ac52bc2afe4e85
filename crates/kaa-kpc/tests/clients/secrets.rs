//! What is secret stays so: it is in no log, however much is logged, and nothing shows it.

use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex};

use kaa_kpc::identity::clients::{AuthenticatorOptions, ProviderOptions, StaticOptions, hash_password};
use kaa_protocol::cap::{
    ClientBasicAuthenticationRequest as BasicRequest, ClientBasicAuthenticationResponse as BasicResponse,
};
use kaa_protocol::ecap::{
    ClientUsernamePasswordValidationRequest as PasswordRequest,
    ClientUsernamePasswordValidationResponse as PasswordResponse,
};

use crate::world::{PROVIDER, World, address, cap_options, password};

const PASSWORDS: [&str; 4] = ["canary-200", "canary-401", "canary-500", "canary-none"];

/// What was logged, and shown.
#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Said {
    fn show(&self, value: &dyn Debug) {
        self.0.lock().unwrap().extend(format!("{value:?}\n{value:#?}\n").into_bytes());
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// The status code that a password asks for.
fn code(password: &str) -> i32 {
    password.rsplit('-').next().unwrap().parse().unwrap_or_default()
}

async fn log_in(said: &Said, world: &World, options: AuthenticatorOptions) {
    said.show(&options);
    let (authenticator, _revocations) = world.start(options).await;
    for (number, text) in (1..).zip(PASSWORDS) {
        let login = password("ann", text);
        said.show(&login);
        match authenticator.admit(&login, address(number)).await {
            Ok(client) => said.show(&client),
            Err(denied) => said.show(&(denied.to_string(), denied)),
        }
    }
    said.show(&authenticator);
}

#[tokio::test(start_paused = true)]
async fn no_password_and_no_hash_is_ever_said() {
    let said = Said::default();
    let writer = said.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
    let subscriber = subscriber.with_writer(move || writer.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let world = World::new();
    let hash = hash_password(PASSWORDS[0]).unwrap();
    let passwords = [("ann".to_owned(), hash.clone())].into();
    let tables = AuthenticatorOptions::Static(StaticOptions { passwords, ..StaticOptions::default() });
    log_in(&said, &world, tables).await;

    // Nobody answers.
    let ecap = AuthenticatorOptions::Ecap(ProviderOptions::new(PROVIDER));
    log_in(&said, &world, ecap.clone()).await;

    world
        .answering(|request: &PasswordRequest| PasswordResponse {
            client_id: Some("client-1".into()),
            status_code: code(request.password.as_deref().unwrap()),
            ..PasswordResponse::default()
        })
        .await;
    log_in(&said, &world, ecap).await;

    world
        .answering(|request: &BasicRequest| BasicResponse {
            client_id: Some("client-1".into()),
            status_code: code(&request.password),
            ..BasicResponse::default()
        })
        .await;
    log_in(&said, &world, cap_options()).await;

    let said = said.text();
    assert!(said.contains("the provider does not decide") && said.contains("client-1"), "{said}");
    assert!(!said.contains("canary"), "{said}");
    for part in hash.split('$').filter(|part| part.len() > 20) {
        assert!(!said.contains(part), "{said}");
    }
}
