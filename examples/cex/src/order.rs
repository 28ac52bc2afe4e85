//! A command is given: it is kept, and pushed to a device that observes.

use kaa_ext::prelude::{DeviceJson, EndpointId, Failure};
use kaa_ext::protocol::cep::{Command, CommandResponse, CommandType};
use kaa_ext::protocol::json::RawJson;

use crate::App;
use crate::commands::Pending;

impl App {
    /// Gives an endpoint a command: its number, and where the result arrives.
    ///
    /// A push that fails is no failure: the command waits, and the device gets it when it asks.
    pub(crate) async fn order(
        &self,
        endpoint: &EndpointId,
        command_type: &CommandType,
        id: Option<i32>,
        payload: Option<RawJson>,
    ) -> Result<(i32, Pending), Failure> {
        let _turn = self.turns.take(endpoint).await;
        let (id, pending, is_new) = self.commands.give(endpoint, command_type, id, payload.clone())?;
        if is_new && let Some((session, with_type)) = self.observers.of(endpoint, command_type) {
            let command = Command { id, command_type: with_type.then(|| command_type.clone()), payload };
            if let Err(error) = session.push(DeviceJson(CommandResponse(vec![command]))).await {
                tracing::warn!(%endpoint, %command_type, id, %error, "a command waits for its device to ask");
            }
        }
        Ok((id, pending))
    }
}
