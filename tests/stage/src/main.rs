//! An extension whose timing is in the hands of a test: it pushes when it is asked to, and answers when it
//! is told to.
//!
//! | resource | what it does |
//! |---|---|
//! | `/observe` | keeps the session of the endpoint, and pins it |
//! | `/push/{endpoint}` | pushes the payload on the session that this endpoint observes with |
//! | `/hold` | says `held <endpoint>` on standard output; answers after a line on standard input |

#![allow(clippy::print_stdout, reason = "the test reads along")]

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use kaa_ext::prelude::*;
use tokio::sync::Semaphore;

#[derive(Clone, FromRef)]
struct App {
    observers: Arc<Mutex<HashMap<EndpointId, Session>>>,
    gate: Arc<Semaphore>,
}

#[resource("/observe")]
async fn observe(
    endpoint: EndpointId,
    State(observers): State<Arc<Mutex<HashMap<EndpointId, Session>>>>,
    session: Session,
) -> () {
    // Only the pushes of a pinned session survive the end of a communication replica.
    session.pin();
    observers.lock().unwrap_or_else(PoisonError::into_inner).insert(endpoint, session);
}

#[resource("/push/{endpoint}")]
async fn push(
    endpoint: EndpointId,
    State(observers): State<Arc<Mutex<HashMap<EndpointId, Session>>>>,
    payload: Payload,
) -> Result<(), Failure> {
    let session = observers.lock().unwrap_or_else(PoisonError::into_inner).get(&endpoint).cloned();
    let session = session.ok_or_else(|| Failure::not_found(format!("{endpoint} does not observe")))?;
    session.push(payload).await.map_err(|error| Failure::unavailable(error.to_string()))
}

#[resource("/hold")]
async fn hold(
    endpoint: EndpointId,
    State(gate): State<Arc<Semaphore>>,
    payload: Payload,
) -> Result<Payload, Failure> {
    println!("held {endpoint}");
    let permit = gate.acquire().await.map_err(|_| Failure::unavailable("nobody is left to let it go"))?;
    permit.forget();
    Ok(payload)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kaa_ext::RunError> {
    let gate = Arc::new(Semaphore::new(0));
    // A thread, because nobody has to wait for its end.
    thread::spawn({
        let gate = gate.clone();
        move || io::stdin().lines().map_while(Result::ok).for_each(|_| gate.add_permits(1))
    });
    let app = App { observers: Arc::default(), gate };
    Extension::new("stage").state(app).resources(resources![observe, push, hold]).run().await?;
    Ok(())
}
