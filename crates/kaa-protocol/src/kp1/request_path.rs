//! What a device asks for.

use std::fmt;

use super::error::{PathError, Problem};
use super::{RequestId, ResourcePath, percent};
use crate::name::{AppVersion, EndpointToken, NameError, ServiceInstance};

/// Whether the paths of an extension have an endpoint token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EndpointAwareness {
    /// Every request is made for an endpoint, whose token is the level after the extension.
    Aware,
    /// Requests are made by the client itself: the resource path follows the extension.
    Unaware,
}

/// A request of a device, as its path says it: an MQTT topic or a URL path.
///
/// It prints as the topic. That parses back to the same request, with one exception that lies in
/// the protocol: without a request ID, a resource path whose last level is a number (`/plain/42`)
/// looks like one with. Such a resource is reachable over HTTP only.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RequestPath {
    /// The application version of the endpoint or the client.
    pub app_version: AppVersion,
    /// The service instance of the extension.
    pub extension: ServiceInstance,
    /// The endpoint's token; `None` for an extension that is not aware of endpoints.
    pub endpoint: Option<EndpointToken>,
    /// What the extension is asked for. Everything behind the names, slashes included.
    pub resource_path: ResourcePath,
    /// The number that the answer will carry; `None` when the device does not ask for an answer,
    /// and always over HTTP, where the connection carries it.
    pub request_id: Option<RequestId>,
}

impl RequestPath {
    /// Parses an MQTT topic. `awareness` is asked about the extension the topic names.
    ///
    /// A last level of ASCII digits that fits 31 bits is the request ID; leading zeros count as
    /// digits and are not kept. Any other number belongs to the resource path.
    ///
    /// # Errors
    ///
    /// [`PathError`] names the level that is missing or wrong.
    pub fn from_topic(
        topic: &str,
        awareness: impl FnOnce(&ServiceInstance) -> EndpointAwareness,
    ) -> Result<Self, PathError> {
        let parse = || {
            let Levels { rest, mut request } = Levels::parse(topic, awareness)?;
            let (path, id) = match rest.rsplit_once('/') {
                Some((path, last)) => last.parse().map_or((rest, None), |id| (path, Some(id))),
                None => (rest, None),
            };
            request.resource_path = level("the resource path", path)?;
            request.request_id = id;
            Ok(request)
        };
        parse().map_err(|problem| PathError::new("request topic", topic, problem))
    }

    /// Parses the path of a URL, without its query. `awareness` is asked about the extension the
    /// path names. Escapes are resolved once; an escaped slash or NUL is refused.
    ///
    /// # Errors
    ///
    /// [`PathError`] names the level that is missing or wrong.
    pub fn from_url_path(
        path: &str,
        awareness: impl FnOnce(&ServiceInstance) -> EndpointAwareness,
    ) -> Result<Self, PathError> {
        let parse = || {
            // Decoding cannot make a slash, so it may come before splitting.
            let decoded = percent::decode(path)?;
            let topic = decoded.strip_prefix('/').ok_or(Problem::Prefix("/kp1/"))?;
            let Levels { rest, mut request } = Levels::parse(topic, awareness)?;
            request.resource_path = level("the resource path", rest)?;
            Ok(request)
        };
        parse().map_err(|problem| PathError::new("URL path", path, problem))
    }

    /// The MQTT topic.
    pub fn topic(&self) -> String {
        self.to_string()
    }

    /// The path of the URL for the same resource, with its leading slash. It has no request ID.
    pub fn url_path(&self) -> String {
        let mut url = String::new();
        let token = self.endpoint.as_ref().map(EndpointToken::as_str);
        for level in ["kp1", self.app_version.as_str(), self.extension.as_str()].into_iter().chain(token) {
            url.push('/');
            percent::encode(level, &mut url);
        }
        percent::encode(self.resource_path.as_str(), &mut url);
        url
    }
}

impl fmt::Display for RequestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { app_version, extension, endpoint, resource_path, request_id } = self;
        write!(f, "kp1/{app_version}/{extension}")?;
        if let Some(token) = endpoint {
            write!(f, "/{token}")?;
        }
        write!(f, "{resource_path}")?;
        match request_id {
            Some(id) => write!(f, "/{id}"),
            None => Ok(()),
        }
    }
}

/// A path whose names have been read.
struct Levels<'a> {
    request: RequestPath,
    /// What follows them: empty, or from a slash on.
    rest: &'a str,
}

impl<'a> Levels<'a> {
    fn parse(
        topic: &'a str,
        awareness: impl FnOnce(&ServiceInstance) -> EndpointAwareness,
    ) -> Result<Self, Problem> {
        let rest = topic.strip_prefix("kp1").filter(|rest| rest.starts_with('/'));
        let rest = rest.ok_or(Problem::Prefix("kp1/"))?;
        let (app_version, rest) = next_level("the application version", rest)?;
        let (extension, rest) = next_level("the extension", rest)?;
        let (endpoint, rest) = match awareness(&extension) {
            EndpointAwareness::Aware => {
                let (token, rest) = next_level("the endpoint token", rest)?;
                (Some(token), rest)
            }
            EndpointAwareness::Unaware => (None, rest),
        };
        let resource_path = ResourcePath::from_static("");
        Ok(Self {
            request: RequestPath { app_version, extension, endpoint, resource_path, request_id: None },
            rest,
        })
    }
}

/// Takes one level off a path that is empty or starts with a slash.
fn next_level<'a, T: std::str::FromStr<Err = NameError>>(
    what: &'static str,
    path: &'a str,
) -> Result<(T, &'a str), Problem> {
    let path = path.strip_prefix('/').ok_or(Problem::MissingLevel(what))?;
    let (text, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
    Ok((level(what, text)?, rest))
}

fn level<T: std::str::FromStr<Err = NameError>>(what: &'static str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::BadLevel(what, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aware(topic: &str) -> Result<RequestPath, PathError> {
        RequestPath::from_topic(topic, |_| EndpointAwareness::Aware)
    }

    fn unaware(topic: &str) -> Result<RequestPath, PathError> {
        RequestPath::from_topic(topic, |_| EndpointAwareness::Unaware)
    }

    fn http(path: &str) -> Result<RequestPath, PathError> {
        RequestPath::from_url_path(path, |_| EndpointAwareness::Aware)
    }

    /// Resource path and request ID of what follows the token.
    fn resource(rest: &str) -> (String, Option<u32>) {
        let request = aware(&format!("kp1/v1/dcx/token{rest}")).unwrap();
        (request.resource_path.to_string(), request.request_id.map(RequestId::get))
    }

    #[test]
    fn a_last_level_of_digits_is_the_request_id() {
        for (rest, path, id) in [
            ("", "", None),
            ("/", "/", None),
            ("/json", "/json", None),
            ("/json/42", "/json", Some(42)),
            ("/json/0", "/json", Some(0)),
            ("/json/007", "/json", Some(7)),
            ("/42", "", Some(42)),
            ("//42", "/", Some(42)),
            ("/json/2147483647", "/json", Some(2_147_483_647)),
            ("/json/2147483648", "/json/2147483648", None),
            ("/json/42/", "/json/42/", None),
            ("/json/-1", "/json/-1", None),
            ("/json/4a", "/json/4a", None),
            ("/42/json", "/42/json", None),
        ] {
            assert_eq!(resource(rest), (path.to_owned(), id), "{rest:?}");
        }
    }

    #[test]
    fn an_endpoint_unaware_extension_has_no_token() {
        let request = unaware("kp1/v1/auth/token/json/42").unwrap();
        assert_eq!((request.endpoint, request.resource_path.as_str()), (None, "/token/json"));
        assert_eq!(unaware("kp1/v1/auth/7").unwrap().request_id.unwrap().get(), 7);
        assert_eq!(aware("kp1/v1/auth/7").unwrap().request_id, None);
    }

    #[test]
    fn the_extension_decides_which_kind_a_path_is() {
        let awareness = |extension: &ServiceInstance| match extension.as_str() {
            "auth" => EndpointAwareness::Unaware,
            _ => EndpointAwareness::Aware,
        };
        assert!(RequestPath::from_topic("kp1/v1/auth", awareness).is_ok());
        assert!(RequestPath::from_topic("kp1/v1/dcx", awareness).is_err());
    }

    #[test]
    fn http_has_no_request_id_and_escapes() {
        let request = http("/kp1/v%201/dcx/token/json/42").unwrap();
        assert_eq!(request.app_version, "v 1");
        assert_eq!((request.resource_path.as_str(), request.request_id), ("/json/42", None));
        assert_eq!(request.url_path(), "/kp1/v%201/dcx/token/json/42");
    }

    #[test]
    fn an_error_names_the_level() {
        for (result, message) in [
            (aware(""), r#""" is not a 1/KP request topic: expected it to start with kp1/"#),
            (aware("kp2/v1/dcx/t"), "start with kp1/"),
            (aware("kp1"), "start with kp1/"),
            (aware("kp11/v1/dcx/t"), "start with kp1/"),
            (aware("/kp1/v1/dcx/t"), "start with kp1/"),
            (aware("kp1/v1"), "the level of the extension is missing"),
            (aware("kp1/v1/dcx"), "the level of the endpoint token is missing"),
            (aware("kp1//dcx/t"), "the application version is not one"),
            (aware("kp1/v1/d.x/t"), "the extension is not one"),
            (aware("kp1/v1/dcx/"), "the endpoint token is not one"),
            (aware("kp1/v1/dcx/t.t"), "the endpoint token is not one"),
            (aware("kp1/v1/dcx/t/+"), "the resource path is not one"),
            (http("kp1/v1/dcx/t"), "start with /kp1/"),
            (http("/kp1/v1/dcx/t%2Fjson"), "an escaped '/'"),
            (http("/kp1/v1/dcx/t/a%00"), r"an escaped '\0'"),
            (http("/kp1/v1/dcx/t/a?b"), "'?' does not belong to a path"),
        ] {
            let error = result.unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
    }

    #[test]
    fn an_endless_path_is_quoted_only_in_part() {
        let error = aware(&"kp1/ü".repeat(100_000)).unwrap_err();
        assert!(error.to_string().len() < 400);
    }
}
