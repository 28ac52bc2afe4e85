//! Who a client is, and whose token it uses.
//!
//! | module | question |
//! |---|---|
//! | [`clients`] | may this client connect? |
//! | [`tokens`] | which endpoint does this token stand for? |

pub mod clients;
pub mod tokens;

use bytestring::ByteString;

/// Something that was valid and is not any more. Sessions that rest on it have to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// Tokens, by the identities that their provider gave them.
    Tokens(Vec<ByteString>),
    /// The credential of a client, by its identity.
    Credential(ByteString),
}
