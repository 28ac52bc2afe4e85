//! Somebody who types in what a README says, on a machine where the usual ports may be taken: addresses are
//! replaced by those that the programs have got.

use std::fmt::Write;

use kaa_tests::kpc::Kpc;
use kaa_tests::nats_server::NatsServer;
use kaa_tests::program::program;
use kaa_tests::service::Service;
use kaa_tests::venue;
use tempfile::TempDir;
use tokio::process::Command;

use crate::markdown::without_comment;

/// Where the REST ports usually are.
const REST: [(&str, &str); 4] = [
    ("cdp", "127.0.0.1:8101"),
    ("epts", "127.0.0.1:8102"),
    ("cex", "127.0.0.1:8103"),
    ("ccm", "127.0.0.1:8104"),
];

/// Where HTTPS is in the guides.
const HTTPS: &str = "127.0.0.1:8443";

/// The words with which a terminal begins. Errors go where everything else goes, so that all of it is in order, and
/// `curl` tells the status without touching what it prints.
const FIRST: &str = r#"exec 2>&1; curl() { command curl -sS -w '%{stderr}\nHTTP %{http_code}\n' "$@"; }"#;
/// How a server is started, in the background.
pub(crate) const NATS_SERVER: &str = "$(cargo xtask nats) -a 127.0.0.1";
/// Programs that also do something else than to serve, and are then waited for.
const COMMANDS: [(&str, &str); 3] = [("kaa-cli", "kaa"), ("kaa-kpc", "kaa-kpc"), ("dcx", "dcx")];
/// What ends the output of a line.
const ENDED: &str = "ended with exit code ";

/// Somebody at a terminal.
pub(crate) struct Reader {
    terminal: Service,
    /// What the README calls something, and what it is here.
    replaced: Vec<(&'static str, String)>,
    /// What runs in the background.
    services: Vec<Service>,
    communication: Vec<Kpc>,
    servers: Vec<NatsServer>,
    directory: TempDir,
}

impl Reader {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("kaa-readme-").tempdir().unwrap();
        let mut shell = Command::new("sh");
        shell.current_dir(directory.path());
        // As if the programs were installed.
        let mut path = program("").into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        shell.env("PATH", path);
        let mut terminal = Service::start(shell);
        terminal.tell(FIRST).await;
        Self {
            terminal,
            replaced: Vec::new(),
            services: Vec::new(),
            communication: Vec::new(),
            servers: Vec::new(),
            directory,
        }
    }

    /// Types a line in, and waits until it has ended or, with `&`, until what it starts is ready.
    ///
    /// # Errors
    ///
    /// What was printed, when the line ends with an exit code other than 0 or an HTTP status is an error that its
    /// comment does not announce.
    pub(crate) async fn type_in(&mut self, line: &str) -> Result<(), String> {
        let (command, comment) = without_comment(line);
        let replaced = self.replaced.iter();
        let here = replaced.fold(command.to_owned(), |line, (usual, here)| line.replace(usual, here));
        match here.strip_suffix(" &") {
            Some(NATS_SERVER) => self.start_nats_server().await,
            Some(background) => self.start(background).await,
            None => return self.wait_for(&here, comment).await,
        }
        Ok(())
    }

    async fn start_nats_server(&mut self) {
        let server = NatsServer::start_with(|directory| venue::jetstream(directory, "always")).await;
        self.replace("nats://127.0.0.1:4222", server.url());
        self.servers.push(server);
    }

    /// From now on, what a README calls `usual` is `here`.
    fn replace(&mut self, usual: &'static str, here: String) {
        self.replaced.retain(|(name, _)| *name != usual);
        self.replaced.push((usual, here));
    }

    /// Starts `VARIABLE=value … cargo run -p PROGRAM -- ARGUMENT …`, or `PROGRAM ARGUMENT …` where it is installed.
    async fn start(&mut self, line: &str) {
        let (variables, run) = line.split_once("cargo run -p ").unwrap_or(("", line));
        let mut words = run.split_whitespace();
        let name = words.next().unwrap();
        let mut command = Command::new(program(name));
        command.envs(variables.split_whitespace().map(|set| set.split_once('=').unwrap()));
        let words = words.skip_while(|word| *word == "--");
        command.args(words.map(|word| if word == HTTPS { "127.0.0.1:0" } else { word }));
        command.current_dir(self.directory.path());
        if name == "kaa-kpc" {
            command.args(["--mqtt", "127.0.0.1:0", "--http", "127.0.0.1:0", "--admin", "off"]);
            let kpc = Kpc::serving(command).await;
            let mqtt = format!(" -h 127.0.0.1 -p {} ", kpc.address("mqtt").port());
            self.replace("127.0.0.1:8008", kpc.address("http").to_string());
            if line.contains("--https") {
                self.replace(HTTPS, kpc.address("https").to_string());
            }
            self.replace("mosquitto_pub ", format!("mosquitto_pub{mqtt}"));
            self.replace("mosquitto_rr ", format!("mosquitto_rr{mqtt}"));
            self.communication.push(kpc);
            return;
        }
        let mut rest = REST.iter().find(|(of, _)| *of == name).map(|(_, usual)| *usual);
        command.env("REST_LISTEN", "127.0.0.1:0");
        let mut service = Service::start(command);
        let mut is_serving = false;
        while rest.is_some() || !is_serving {
            let line = service.logged("").await;
            is_serving |= line.contains("serving");
            if let Some((_, address)) = line.split_once("REST on http://")
                && let Some(usual) = rest.take()
            {
                let (address, _) = address.split_once(',').unwrap();
                self.replace(usual, address.to_owned());
            }
        }
        self.services.push(service);
    }

    async fn wait_for(&mut self, line: &str, comment: &str) -> Result<(), String> {
        let mut line = line.to_owned();
        for (package, name) in COMMANDS {
            line = line.replace(&format!("cargo run -p {package} --"), &program(name).to_string_lossy());
        }
        self.terminal.tell(&line).await;
        self.terminal.tell(&format!("printf '\\n{ENDED}%s\\n' $?")).await;
        let mut printed = format!("{line}\n");
        let mut is_good = true;
        loop {
            let next = self.terminal.logged("").await;
            let _ = writeln!(printed, "{next}");
            if let Some(code) = next.strip_prefix(ENDED) {
                return if is_good && code == "0" { Ok(()) } else { Err(printed) };
            }
            if let Some(status) = next.strip_prefix("HTTP ") {
                is_good &= status.starts_with('2') || comment.contains(status);
            }
        }
    }
}
