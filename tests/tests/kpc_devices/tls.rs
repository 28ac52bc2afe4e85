//! Devices that check who they talk to.

use std::fs;

use kaa_tests::clients::{Player, run};
use kaa_tests::nats_tls::Certificates;

use crate::script::{check, expected};
use crate::world::World;

/// A world whose communication service has the certificate of the server.
async fn secure_world(certificates: &Certificates) -> World {
    let (certificate, key) = (certificates.server.display(), certificates.server_key.display());
    let config = certificates.server.with_file_name("kpc.yaml");
    let tls = format!("listen:\n  tls: {{ certificate-file: {certificate}, key-file: {key} }}\n");
    fs::write(&config, tls).unwrap();
    World::start_with(|kpc| _ = kpc.arg("--config").arg(config).args(["--mqtts", "127.0.0.1:0"])).await
}

#[tokio::test]
async fn paho_and_mqtt_js_play_the_same_script_over_tls() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = Certificates::write_to(directory.path());
    let world = secure_world(&certificates).await;
    let (port, ca) = (world.port("mqtts"), certificates.ca.to_str().unwrap());
    for (player, token) in [(Player::Paho1, "p1"), (Player::Paho2, "p2"), (Player::MqttJs, "js")] {
        let played = player.play(&["--port", &port, "--token", token, "--ca", ca]).await;
        check(&played, &expected(token, false, player != Player::MqttJs));
    }
}

#[tokio::test]
async fn mosquitto_is_served_when_it_knows_the_authority_and_goes_when_it_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let certificates = Certificates::write_to(directory.path());
    let foreign = tempfile::tempdir().unwrap();
    let foreign = Certificates::write_to(foreign.path());
    let world = secure_world(&certificates).await;
    let port = world.port("mqtts");
    for (ca, is_served) in [(&certificates.ca, true), (&foreign.ca, false)] {
        let to_here = ["-h", "127.0.0.1", "-p", &port, "--cafile", ca.to_str().unwrap()];
        let request =
            ["-t", "kp1/av/quickstart/device-1/echo/7", "-e", "kp1/av/quickstart/device-1/echo/7/status"];
        let ended =
            run("mosquitto_rr", &[&to_here[..], &request, &["-m", "secret", "-W", "10"]].concat()).await;
        assert_eq!(ended.code == Some(0), is_served, "{ended:?}");
        assert_eq!(ended.stdout.trim_end(), if is_served { "secret" } else { "" });
    }
}
