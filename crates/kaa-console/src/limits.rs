//! All bounds of this crate; `docs/console.md` lists them. Those of what it looks at the bus with are in `kaa-tap`.

use std::time::Duration;

// Messages.

/// How many exchanges are shown a second.
pub(crate) const PER_SECOND: u32 = 500;

/// How many bytes of messages are decoded a second.
pub(crate) const BYTES_PER_SECOND: usize = 8 << 20;

/// How many bytes of announcements that endpoints are gone are read a second, whether they are shown or not.
pub(crate) const GONE_PER_SECOND: usize = 1 << 20;

/// The most messages taken before everybody else gets to run.
pub(crate) const BURST: usize = 128;

/// How long an answer may take when the request does not say.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How many exchanges are kept for browsers that come later, and for what becomes of them.
pub(crate) const KEPT: usize = 1_000;

/// The most memory that they may take, about, in bytes.
pub(crate) const KEPT_BYTES: usize = 8 << 20;

/// How much of a payload is shown, and of any other value, in bytes.
pub(crate) const PAYLOAD: usize = 4 * 1024;

/// How much of a name is shown, in bytes.
pub(crate) const TEXT: usize = 512;

/// How many pinned sessions are shown, and how many are known.
pub(crate) const SESSIONS: usize = 200;

// Browsers.

/// How many browsers may watch.
pub(crate) const BROWSERS: usize = 8;

/// How many of the exchanges that are kept a browser gets that has just come.
pub(crate) const REPLAYED: usize = 200;

/// How many events wait for slow browsers.
pub(crate) const QUEUE: usize = 1_024;

/// How large they may be together, in bytes.
pub(crate) const QUEUE_BYTES: usize = 8 << 20;

/// How often an idle stream says that it is still there.
pub(crate) const STILL_THERE: Duration = Duration::from_secs(15);

// Services.

/// How many replicas of services are shown.
pub(crate) const REPLICAS: usize = 200;

/// How many functions of a replica are shown, and how many can be sent to.
pub(crate) const FUNCTIONS: usize = 64;

/// How much of each text about a service is shown, in bytes.
pub(crate) const WORDS: usize = 200;

/// How many handlers of a message are shown.
pub(crate) const HANDLERS: usize = 16;

/// For how long a replica may say nothing before it is shown as silent.
pub(crate) const SILENT: Duration = Duration::from_millis(2_500);

/// And before it is not shown any more.
pub(crate) const GONE: Duration = Duration::from_secs(60);

/// How long services may take to say what they are.
pub(crate) const DESCRIBED: Duration = Duration::from_millis(300);

/// How large the schemas of all that can be sent are together, in bytes.
pub(crate) const SCHEMAS: usize = 4 << 20;

// What is sent from the page.

/// The largest body of a request to the console, in bytes.
pub(crate) const BODY: usize = 256 * 1024;

/// How long a body may take.
pub(crate) const BODY_TIME: Duration = Duration::from_secs(5);

/// How long a connection to the bus may take.
pub(crate) const CONNECT: Duration = Duration::from_secs(5);

/// How long a service may take to say that it is there.
pub(crate) const PING: Duration = Duration::from_secs(1);

/// How long an answer to what was sent from the page is waited for.
pub(crate) const SENT: Duration = Duration::from_secs(10);
