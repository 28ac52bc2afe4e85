//! What devices ask and say (11/CEP).

use std::sync::Arc;

use kaa_ext::prelude::*;
use kaa_ext::protocol::cep::{CommandRequest, CommandResponse, CommandType, ResultRequest};
use kaa_ext::{Holding, Turn, Turns};

use crate::commands::Commands;
use crate::observers::Observers;

/// Gives a device what it is to do, the oldest first; and what comes later as well, unless it says that it
/// does not want that.
#[resource("/command[/{command_type}]")]
pub(crate) async fn command(
    command_type: Option<CommandType>,
    endpoint: EndpointId,
    session: Session,
    State(commands): State<Arc<Commands>>,
    State(observers): State<Arc<Observers>>,
    State(turns): State<Turns>,
    DeviceJson(request): DeviceJson<CommandRequest>,
) -> Holding<DeviceJson<CommandResponse>, Turn> {
    // Commands that are given from now on are pushed after the answer.
    let turn = turns.take(&endpoint).await;
    // This replica has the commands and the session, so the results have to come here.
    session.pin();
    if request.observe == Some(false) {
        observers.remove(&endpoint, command_type.as_ref());
    } else {
        observers.add(endpoint.clone(), command_type.clone(), session);
    }
    let outstanding = CommandResponse(commands.outstanding(&endpoint, command_type.as_ref()));
    Holding(DeviceJson(outstanding), turn)
}

/// Takes what became of commands. Said twice, the first word counts; what is no command is named.
#[resource("/result/{command_type}")]
pub(crate) async fn result(
    command_type: CommandType,
    endpoint: EndpointId,
    app_version: AppVersion,
    session: Session,
    State(commands): State<Arc<Commands>>,
    DeviceJson(ResultRequest(results)): DeviceJson<ResultRequest>,
) -> Result<(), Failure> {
    session.pin();
    let unknown = commands.finish(&endpoint, &command_type, &app_version, results)?;
    match unknown.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(Failure::not_found(format!(
            "{} of the results are for no {command_type} command of this endpoint, such as {first}",
            unknown.len()
        ))),
    }
}
