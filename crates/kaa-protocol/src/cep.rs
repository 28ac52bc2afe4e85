//! 11/CEP: how a device gets commands and says what became of them.
//!
//! | resource path | request | answer |
//! |---|---|---|
//! | [`COMMAND`]`/<command type>` | [`CommandRequest`] | [`CommandResponse`]; pushed as well |
//! | [`COMMAND`] | the same, for commands of every type | the same, each command with its type |
//! | [`RESULT`]`/<command type>` | [`ResultRequest`] | empty |
//!
//! A command is outstanding until its result has arrived or its time is over. A request is answered
//! with all that are outstanding, the oldest first, before anything newer is pushed: a device that
//! was away does them in the order in which they were given.
//!
//! ```
//! use kaa_protocol::cep::{CommandResponse, CommandResult, ResultRequest};
//! use kaa_protocol::json::JsonPayload;
//!
//! let CommandResponse(commands) = CommandResponse::from_json(br#"[{"id": 7, "payload": {"delay": 1.50}}]"#)?;
//! let results = commands.into_iter().map(|command| CommandResult {
//!     id: command.id,
//!     status_code: 200,
//!     reason_phrase: None,
//!     payload: command.payload,
//! });
//! let request = ResultRequest(results.collect());
//! assert_eq!(serde_json::to_string(&request)?, r#"[{"id":7,"statusCode":200,"payload":{"delay": 1.50}}]"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod command;
mod result;

pub use crate::name::CommandType;
pub use command::{Command, CommandRequest, CommandResponse};
pub use result::{CommandResult, ResultRequest};

/// Where a device asks for commands, and where they are pushed.
pub const COMMAND: &str = "/command";

/// Where a device says what became of commands.
pub const RESULT: &str = "/result";
