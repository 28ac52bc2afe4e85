use super::*;
use crate::mqtt::packet::Credentials;
use bytestring::ByteString;

fn connect(version: ProtocolVersion, client_id: &str, properties: &[Property<'_>]) -> Connect {
    Connect {
        version,
        client_id: ByteString::from(client_id),
        clean: true,
        keep_alive: 60,
        will: None,
        credentials: Credentials::default(),
        properties: Properties::new(properties.iter().copied()).unwrap(),
    }
}

fn reason(connect: &Connect) -> Option<ReasonCode> {
    Opening::judge(connect, &Limits::default()).err().map(|refusal| refusal.reason)
}

#[test]
fn refusals_have_a_return_code_in_both_versions() {
    for (refusal, code, return_code) in [
        (Refusal::from(Denied::Credentials), 0x86, 4),
        (Denied::TooMany { retry_after: Duration::from_secs(1) }.into(), 0x9f, 3),
        (Denied::Unavailable.into(), 0x88, 3),
        (Refused::NotYours.into(), 0x85, 2),
        (Refused::Stopping.into(), 0x88, 3),
        (Refusal::busy("later"), 0x89, 3),
    ] {
        assert_eq!(refusal.reason.byte(), code);
        assert_eq!(refusal.reason.connect_return_code(), Some(return_code), "{refusal}");
        assert!(matches!(refusal.connack(), ServerPacket::ConnAck(connack) if !connack.session_present));
    }
}

#[test]
fn the_name_of_a_client_is_judged_by_its_bytes() {
    for version in [ProtocolVersion::V311, ProtocolVersion::V5] {
        assert_eq!(reason(&connect(version, &"ä".repeat(64), &[])), None);
        let refused = Some(ReasonCode::ClientIdentifierNotValid);
        assert_eq!(reason(&connect(version, &("ä".repeat(64) + "x"), &[])), refused);
    }
}

#[test]
fn no_two_clients_without_a_name_get_the_same() {
    let connect = connect(ProtocolVersion::V5, "", &[]);
    let name = || Opening::judge(&connect, &Limits::default()).unwrap().client_id;
    let [first, second] = [name(), name()];
    assert_ne!(first, second);
    assert_eq!(first.len(), 36);
}

#[test]
fn an_authentication_method_is_refused_whatever_it_is() {
    let long = "x".repeat(60_000);
    for method in ["", "SCRAM-SHA-1", &long] {
        let connect = connect(ProtocolVersion::V5, "a", &[Property::AuthenticationMethod(method)]);
        let refusal = Opening::judge(&connect, &Limits::default()).unwrap_err();
        assert_eq!(refusal.reason, ReasonCode::BadAuthenticationMethod);
        assert!(refusal.text.len() < 150);
    }
}

#[test]
fn the_window_is_what_both_sides_are_ready_for() {
    let window = |maximum: u16| {
        let maximum = Property::ReceiveMaximum(maximum.try_into().unwrap());
        Opening::judge(&connect(ProtocolVersion::V5, "a", &[maximum]), &Limits::default()).unwrap().window
    };
    assert_eq!([99, 100, 101].map(window), [99, 100, 100]);
    let plain = connect(ProtocolVersion::V311, "a", &[]);
    assert_eq!(Opening::judge(&plain, &Limits::default()).unwrap().window, 100);
}

#[test]
fn mqtt_311_keeps_its_keep_alive() {
    for keep_alive in [0, 1, 800, 801, u16::MAX] {
        let connect = Connect { keep_alive, ..connect(ProtocolVersion::V311, "a", &[]) };
        assert_eq!(Opening::judge(&connect, &Limits::default()).unwrap().keep_alive, keep_alive);
    }
}
