//! The development console: a page that shows what is on the bus, live.
//!
//! ```text
//!                 ┌─ watching: a task, while somebody looks ─┐
//! bus ── kaa.v1.> ──► flow ──► exchanges, sessions           │
//!     ── $SRV.… ────► fleet ──► services, stages             ├─► room ──► events ──► browser
//!                 └──────────────────────────────────────────┘
//!     ◄───────────── send, description ◄──────────────────────────────────── browser
//! ```
//!
//! | module | what lives there |
//! |---|---|
//! | `console` | [`Console`]: what an admin port serves below `/console` |
//! | `access` | who is answered: this machine, and no page of another host |
//! | `assets` | the page |
//! | `reply` | answers that are whole |
//! | `events` | the answer that goes on: server-sent events |
//! | `room` | who watches, and what is kept for those who come later |
//! | `feed` | what they are told, each at its own pace |
//! | `source` | the connection to the bus |
//! | `watching` | the task that looks at the bus while somebody watches |
//! | `flow` | messages become exchanges, as many as there is room for |
//! | `guess` | what a message may be, before it is decoded |
//! | `budget` | how many are decoded and shown a second |
//! | `exchange`, `payload` | one request and what became of it, as the page has it |
//! | `sessions` | endpoints that are pinned to a replica |
//! | `fleet`, `stages` | what they answer: figures and health, and where the time of a message went |
//! | `handled` | which messages they were that a replica says it has handled |
//! | `description`, `schemas` | what can be sent, and what it looks like |
//! | `send` | sending it |
//! | `limits` | all bounds of these |
//!
//! Nothing is subscribed to and nothing asked while nobody watches.

mod access;
mod assets;
mod budget;
mod console;
mod description;
mod events;
mod exchange;
mod feed;
mod fleet;
mod flow;
mod guess;
mod handled;
mod limits;
mod payload;
mod reply;
mod room;
mod schemas;
mod send;
mod sessions;
mod source;
mod stages;
mod watching;

pub use console::Console;
