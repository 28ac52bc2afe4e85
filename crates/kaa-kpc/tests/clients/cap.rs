//! 22/CAP: a provider decides, for one tenant.

use kaa_kpc::identity::clients::{Denied, Login};
use kaa_protocol::cap::{
    ClientBasicAuthenticationRequest as BasicRequest, ClientBasicAuthenticationResponse as BasicResponse,
    ClientCertificateAuthenticationRequest as CertificateRequest,
    ClientCertificateAuthenticationResponse as CertificateResponse,
};

use crate::world::{World, address, certificate, client, password};

#[tokio::test(start_paused = true)]
async fn the_provider_is_asked_about_a_client_of_the_tenant() {
    let world = World::new();
    world
        .answering(|request: &BasicRequest| {
            let is_right =
                request.tenant_id == "tenant-1" && request.username == "ann" && request.password == "one";
            BasicResponse {
                credentials_id: Some("credential-1".into()),
                client_id: Some("client-1".into()),
                status_code: if is_right { 200 } else { 401 },
                ..BasicResponse::default()
            }
        })
        .await;
    let authenticator = world.cap().await;
    let admitted = authenticator.admit(&password("ann", "one"), address(1)).await;
    assert_eq!(admitted, Ok(client("client-1", Some("credential-1"))));
    let refused = authenticator.admit(&password("ann", "two"), address(1)).await;
    assert_eq!(refused, Err(Denied::Credentials));
}

#[tokio::test(start_paused = true)]
async fn half_of_a_user_name_and_password_is_nobodys_and_nobody_is_asked() {
    let world = World::new();
    let mut provider = world.provider::<BasicRequest>().await;
    let authenticator = world.cap().await;
    for login in
        [Login { user_name: None, ..password("", "one") }, Login { password: None, ..password("ann", "") }]
    {
        assert_eq!(authenticator.admit(&login, address(1)).await, Err(Denied::Credentials));
    }
    assert!(provider.is_idle());
}

#[tokio::test(start_paused = true)]
async fn the_certificate_of_another_tenants_client_is_nobodys() {
    let world = World::new();
    world
        .answering(|request: &CertificateRequest| CertificateResponse {
            tenant_id: match request.serial_number.as_ref() {
                "1" => Some("tenant-1".into()),
                "2" => Some("tenant-2".into()),
                _ => None,
            },
            credentials_id: Some("credential-1".into()),
            client_id: Some("client-1".into()),
            status_code: 200,
            ..CertificateResponse::default()
        })
        .await;
    let authenticator = world.cap().await;
    let admitted = authenticator.admit(&certificate("CN=ca", "1"), address(1)).await;
    assert_eq!(admitted, Ok(client("client-1", Some("credential-1"))));
    for serial_number in ["2", "3"] {
        let refused = authenticator.admit(&certificate("CN=ca", serial_number), address(1)).await;
        assert_eq!(refused, Err(Denied::Credentials), "{serial_number}");
    }
}
