//! Who makes the requests of a connection.

use std::time::Duration;

use bytestring::ByteString;
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use tokio::time::Instant;

use super::answer::Refusal;
use super::connection::Connection;
use crate::identity::clients::{Client, Denied, Login};

/// A client that was admitted.
#[derive(Debug)]
pub(super) struct Admission {
    client: Client,
    credentials: Credentials,
    until: Instant,
    /// How many credentials had been revoked then.
    revocations: u64,
}

/// How long an admission holds for the requests that follow it on its connection. A revocation ends it at
/// once; this is for credentials that are gone without one.
const HOLDS: Duration = Duration::from_secs(60);

impl Connection {
    /// The client of a request, if it may make one. One that has just been admitted is not checked again.
    ///
    /// # Errors
    ///
    /// 401, 429 or 503.
    pub(super) async fn admit(&self, headers: &HeaderMap) -> Result<Client, Refusal> {
        let authorization = authorization(headers)?;
        let revocations = self.front.sessions.revocations();
        let (certificate, address) = {
            let state = self.lock();
            let is_same = |admission: &Admission| {
                admission.revocations == revocations
                    && admission.credentials.are(authorization)
                    && Instant::now() < admission.until
            };
            if let Some(admission) = state.admission.as_ref().filter(|admission| is_same(admission)) {
                return Ok(admission.client.clone());
            }
            (state.peer.certificate.clone(), state.peer.address.ip())
        };
        let login = Login { certificate, ..basic(authorization)? };
        let admitted = self.front.authenticator.admit(&login, address).await;
        let mut state = self.lock();
        let client = admitted.inspect_err(|_| self.front.tally.denied())?;
        let credentials = Credentials(authorization.map(Box::from));
        let until = Instant::now() + HOLDS;
        let admission = Admission { client: client.clone(), credentials, until, revocations };
        if state.admission.replace(admission).is_none() {
            state.peer.slot.logged_in();
        }
        Ok(client)
    }
}

/// The bytes of an Authorization. A copy: the field itself would keep the buffer that it was read into.
struct Credentials(Option<Box<[u8]>>);

impl Credentials {
    /// Whether these are the ones. It takes the same time wherever they differ: what comes through a proxy
    /// may be of several clients.
    fn are(&self, authorization: Option<&[u8]>) -> bool {
        match (self.0.as_deref(), authorization) {
            (None, None) => true,
            (Some(own), Some(other)) if own.len() == other.len() => {
                own.iter().zip(other).fold(0, |difference, (own, other)| difference | (own ^ other)) == 0
            }
            _ => false,
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials")
    }
}

fn authorization(headers: &HeaderMap) -> Result<Option<&[u8]>, Refusal> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    match (fields.next(), fields.next()) {
        (field, None) => Ok(field.map(HeaderValue::as_bytes)),
        _ => Err(Refusal::bad_request("there is more than one Authorization")),
    }
}

/// User name and password (RFC 7617).
fn basic(authorization: Option<&[u8]>) -> Result<Login, Refusal> {
    let Some(authorization) = authorization else { return Ok(Login::default()) };
    let read = || {
        let (scheme, rest) = authorization.split_at_checked(5)?;
        let encoded = rest.strip_prefix(b" ").filter(|_| scheme.eq_ignore_ascii_case(b"basic"))?;
        let mut user_name = BASE64.decode(encoded.trim_ascii()).ok()?;
        let colon = user_name.iter().position(|byte| *byte == b':')?;
        let password = user_name.split_off(colon + 1);
        user_name.truncate(colon);
        let user_name = ByteString::from(String::from_utf8(user_name).ok()?);
        Some(Login { user_name: Some(user_name), password: Some(password.into()), certificate: None })
    };
    read().ok_or_else(|| challenge("expected Authorization: Basic and base64 of user name:password"))
}

fn challenge(reason: impl std::fmt::Display) -> Refusal {
    let basic = HeaderValue::from_static(r#"Basic realm="kaa", charset="UTF-8""#);
    Refusal::new(StatusCode::UNAUTHORIZED, reason).with(WWW_AUTHENTICATE, basic)
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match &denied {
            Denied::Credentials => challenge(&denied),
            Denied::TooMany { retry_after } => {
                // Whole seconds, and never one too few.
                let seconds = retry_after.as_secs() + u64::from(retry_after.subsec_nanos() > 0);
                Self::new(StatusCode::TOO_MANY_REQUESTS, &denied).with(RETRY_AFTER, seconds.into())
            }
            Denied::Unavailable => Self::new(StatusCode::SERVICE_UNAVAILABLE, &denied),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::answer::Reply;
    use super::*;

    fn login(authorization: &str) -> Option<(String, Vec<u8>)> {
        let login = basic(Some(authorization.as_bytes())).ok()?;
        Some((login.user_name?.to_string(), login.password?.to_vec()))
    }

    #[test]
    fn user_name_and_password_are_told_apart_at_the_first_colon() {
        for (encoded, user_name, password) in [
            ("Basic dTpw", "u", "p"),
            ("basic  dTpw ", "u", "p"),
            ("BASIC dTpwOnE=", "u", "p:q"),
            ("Basic Og==", "", ""),
            ("Basic w7w6w7w=", "ü", "ü"),
        ] {
            assert_eq!(login(encoded), Some((user_name.into(), password.into())), "{encoded}");
        }
        assert_eq!(login("Basic dTr/"), Some(("u".into(), vec![0xff])));
    }

    #[test]
    fn anything_else_is_challenged() {
        for authorization in
            ["", "Basic", "Basic ", "BasicdTpw", "Bearer dTpw", "Basic dTpw=", "Basic dQ==", "Basic /zo="]
        {
            let refusal = basic(Some(authorization.as_bytes())).err().unwrap();
            let reply = Reply::from(refusal);
            assert_eq!(reply.status(), StatusCode::UNAUTHORIZED, "{authorization}");
            assert!(reply.headers().contains_key(WWW_AUTHENTICATE));
        }
    }

    #[test]
    fn a_denial_says_what_can_be_done() {
        for (millis, expected) in [(0, "0"), (1, "1"), (1000, "1"), (1001, "2")] {
            let retry_after = Duration::from_millis(millis);
            let reply = Reply::from(Refusal::from(Denied::TooMany { retry_after }));
            assert_eq!(reply.status(), StatusCode::TOO_MANY_REQUESTS);
            assert_eq!(reply.headers()[RETRY_AFTER], expected);
        }
        let status = |denied| Reply::from(Refusal::from(denied)).status().as_u16();
        assert_eq!([status(Denied::Credentials), status(Denied::Unavailable)], [401, 503]);
    }

    #[test]
    fn other_credentials_are_others() {
        let own = |text: Option<&str>| Credentials(text.map(|text| text.as_bytes().into()));
        assert!(own(None).are(None));
        assert!(own(Some("a")).are(Some(b"a")));
        for (one, other) in
            [(None, Some(&b""[..])), (Some(""), None), (Some("a"), Some(b"b")), (Some("a"), Some(b"aa"))]
        {
            assert!(!own(one).are(other), "{one:?} {other:?}");
        }
        assert_eq!(format!("{:?}", own(Some("secret"))), "Credentials");
    }
}
