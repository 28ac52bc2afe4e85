//! The communication service: devices in front, extension services behind.
//!
//! | module | what it does |
//! |---|---|
//! | [`mqtt`] | the packets of MQTT 3.1.1 and MQTT 5, as a server reads and writes them |
//! | [`relay`] | the side that extensions see: requests out, answers and pushes back, presence |

pub mod mqtt;
pub mod relay;
