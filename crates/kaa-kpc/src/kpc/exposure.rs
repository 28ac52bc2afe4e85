//! What is not done by mistake: to serve the world without asking anybody who it is.

use super::{KpcOptions, StartError};
use crate::identity::clients::AuthenticatorOptions;
use crate::identity::tokens::TokensOptions;

/// Checks that every listener is fit for where it is.
pub(super) fn check(options: &KpcOptions) -> Result<(), StartError> {
    if options.insecure_listen {
        return Ok(());
    }
    let asks =
        !matches!((&options.clients, &options.tokens), (AuthenticatorOptions::None, TokensOptions::Trustful));
    for listener in &options.listeners {
        let address = listener.address;
        if address.ip().to_canonical().is_loopback() {
            continue;
        }
        let name = listener.transport.name(listener.is_secure);
        if !asks {
            return Err(StartError::Unauthenticated { name, address });
        }
        if !listener.is_secure {
            return Err(StartError::Readable { name, secure: listener.transport.name(true), address });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpc::{ListenerOptions, Transport};

    fn options(address: &str) -> KpcOptions {
        let listener = ListenerOptions::new(Transport::Mqtt, address.parse().unwrap());
        KpcOptions { tokens: TokensOptions::Table(Vec::new()), ..KpcOptions::trustful([listener]) }
    }

    #[test]
    fn on_loopback_everything_goes() {
        for address in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            let options = KpcOptions { tokens: TokensOptions::Trustful, ..options(address) };
            assert!(check(&options).is_ok(), "{address}");
        }
    }

    #[test]
    fn beyond_it_somebody_has_to_ask_who_it_is() {
        for address in ["0.0.0.0:1883", "[::]:1883", "192.0.2.1:1883"] {
            let options = KpcOptions { tokens: TokensOptions::Trustful, ..options(address) };
            let error = check(&options).unwrap_err().to_string();
            assert!(error.starts_with(&format!("listen.mqtt ({address}) is not a loopback")), "{error}");
            assert!(error.contains("`trustful`"), "{error}");
            assert!(check(&KpcOptions { insecure_listen: true, ..options }).is_ok());
        }
    }

    #[test]
    fn beyond_it_nobody_may_read_along() {
        let mut options = options("0.0.0.0:1883");
        let error = check(&options).unwrap_err().to_string();
        assert!(error.contains("use listen.mqtts"), "{error}");
        options.listeners[0].is_secure = true;
        assert!(check(&options).is_ok());
        options.tokens = TokensOptions::Trustful;
        assert!(matches!(check(&options), Err(StartError::Unauthenticated { .. })));
    }
}
