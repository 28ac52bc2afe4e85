//! The manifests of Kubernetes in the book say what the programs say: ports, files, variables, times.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::pages::{Page, root};
use crate::programs::{PROGRAMS, configured, variables};

const PAGE: &str = "docs/how-to/deploying.md";
/// What a stop takes beyond the grace period at the most, in seconds: five steps of an extension; two last words and two
/// steps of the communication service.
const LAST_STEPS: u64 = 6;

/// All objects of the page.
fn objects() -> Vec<Value> {
    let blocks = Page::read(PAGE).blocks().into_iter().filter(|block| block.info == "yaml");
    blocks.flat_map(|block| serde_saphyr::from_multiple::<Value>(&block.text).unwrap()).collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value:#}"))
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

fn named<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found = of_kind(objects, kind).into_iter().find(|object| object["metadata"]["name"] == name);
    found.unwrap_or_else(|| panic!("no {kind} {name}"))
}

/// A Deployment, and what its program says of the configuration it gets.
struct Deployment {
    name: String,
    pod: Value,
    container: Value,
    program: String,
    entries: BTreeMap<String, String>,
}

fn deployments(objects: &[Value]) -> Vec<Deployment> {
    of_kind(objects, "Deployment").into_iter().map(|object| Deployment::new(objects, object)).collect()
}

impl Deployment {
    fn new(objects: &[Value], object: &Value) -> Self {
        let name = text(object, "/metadata/name").to_owned();
        assert_eq!(
            object["spec"]["selector"]["matchLabels"],
            object["spec"]["template"]["metadata"]["labels"]
        );
        let pod = object["spec"]["template"]["spec"].clone();
        let container = pod["containers"][0].clone();
        let image = text(&container, "/image");
        let (path, version) = image.rsplit_once(':').unwrap();
        assert_eq!(version, env!("CARGO_PKG_VERSION"), "{name}");
        let program = path.strip_prefix("registry.example.com/kaa/").unwrap().to_owned();
        assert!(PROGRAMS.contains(&program.as_str()), "{program}");

        let known = variables(&program);
        let set: BTreeMap<_, _> = list(&container, "/env")
            .iter()
            .map(|variable| (text(variable, "/name").to_owned(), text(variable, "/value").to_owned()))
            .collect();
        for variable in set.keys() {
            assert!(known.contains(variable), "{program} has no {variable}");
        }
        let args: Vec<_> = list(&container, "/args").iter().map(|word| word.as_str().unwrap()).collect();
        let ["--config", path] = args[..] else { panic!("{args:?}") };
        let file = mounted(objects, &pod, path);
        let entries = configured(&program, &file, &set).unwrap_or_else(|why| panic!("{name}: {why}"));
        Self { name, pod, container, program, entries }
    }

    fn entry(&self, key: &str) -> &str {
        self.entries.get(key).unwrap_or_else(|| panic!("{} has no entry {key}", self.program))
    }

    fn seconds(&self, key: &str) -> u64 {
        let value = self.entry(key);
        value
            .strip_suffix('s')
            .and_then(|number| number.parse().ok())
            .unwrap_or_else(|| panic!("{key}: {value}"))
    }
}

/// The content of a file that a pod gets from a ConfigMap.
fn mounted(objects: &[Value], pod: &Value, path: &str) -> String {
    let (directory, file) = path.rsplit_once('/').unwrap();
    let volume = volume(pod, directory);
    let map = named(objects, "ConfigMap", text(volume, "/configMap/name"));
    map["data"][file].as_str().unwrap_or_else(|| panic!("no file {file}")).to_owned()
}

/// The volume that is mounted as a directory.
fn volume<'a>(pod: &'a Value, directory: &str) -> &'a Value {
    let mut mounts = list(pod, "/containers/0/volumeMounts").iter();
    let mount = mounts.find(|mount| mount["mountPath"] == directory);
    let mount = mount.unwrap_or_else(|| panic!("nothing is mounted as {directory}"));
    list(pod, "/volumes").iter().find(|volume| volume["name"] == mount["name"]).unwrap()
}

#[test]
fn the_ports_of_a_container_are_those_that_its_program_listens_on() {
    let objects = objects();
    for deployment in deployments(&objects) {
        let mut ports = BTreeMap::new();
        for port in list(&deployment.container, "/ports") {
            let name = text(port, "/name");
            let key = if name == "admin" { "admin.listen".to_owned() } else { format!("listen.{name}") };
            let number = &port["containerPort"];
            assert_eq!(deployment.entry(&key), format!("0.0.0.0:{number}"), "{}: {key}", deployment.name);
            ports.insert(key, number);
        }
        let listens = |(key, value): &(&String, &String)| key.contains("listen") && value.contains(':');
        let expected: BTreeSet<_> = deployment.entries.iter().filter(listens).map(|(key, _)| key).collect();
        assert_eq!(ports.keys().collect::<BTreeSet<_>>(), expected, "{}", deployment.name);
    }
}

#[test]
fn probes_ask_the_admin_port_for_what_it_has() {
    for deployment in deployments(&objects()) {
        for (probe, path) in [("readinessProbe", "/health/ready"), ("livenessProbe", "/health/live")] {
            let get = &deployment.container[probe]["httpGet"];
            assert_eq!((text(get, "/path"), text(get, "/port")), (path, "admin"), "{}", deployment.name);
        }
        assert_eq!(deployment.entry("admin.insecure-listen"), "true");
    }
}

#[test]
fn a_pod_is_given_the_time_that_its_program_takes_to_stop() {
    for deployment in deployments(&objects()) {
        let key = if deployment.program == "kaa-kpc" { "service.graceful-shutdown" } else { "limits.grace" };
        let sleep = deployment.container.pointer("/lifecycle/preStop/sleep/seconds").and_then(Value::as_u64);
        let takes = sleep.unwrap_or(0) + deployment.seconds(key) + LAST_STEPS;
        let given = deployment.pod["terminationGracePeriodSeconds"].as_u64().unwrap();
        assert!(given >= takes, "{}: {given} s for {takes} s", deployment.name);
    }
}

#[test]
fn every_file_of_a_configuration_is_mounted_from_a_secret_that_the_page_makes() {
    let page = Page::read(PAGE).text;
    for deployment in deployments(&objects()) {
        let files = deployment.entries.iter().filter(|(key, value)| key.ends_with("-file") && *value != "-");
        let mut seen = 0;
        for (key, path) in files {
            let (directory, file) = path.rsplit_once('/').unwrap();
            let secret = text(volume(&deployment.pod, directory), "/secret/secretName");
            let made = page
                .lines()
                .find(|line| line.contains("create secret") && line.contains(&format!(" {secret} ")));
            let made = made.unwrap_or_else(|| panic!("{key}: who makes {secret}?"));
            let has = made.contains(&format!("={file}="))
                || made.contains("secret tls") && file.starts_with("tls.");
            assert!(has, "{key}: {made}");
            seen += 1;
        }
        assert!(seen > 0, "{}", deployment.name);
    }
}

#[test]
fn services_budgets_and_autoscalers_name_what_is_there() {
    let objects = objects();
    let deployments = deployments(&objects);
    let of_app = |labels: &Value| {
        let found = deployments.iter().find(|deployment| labels["app"] == deployment.name);
        found.unwrap_or_else(|| panic!("nothing has {labels}"))
    };
    for service in of_kind(&objects, "Service") {
        let deployment = of_app(&service["spec"]["selector"]);
        for port in list(service, "/spec/ports") {
            let mut ports = list(&deployment.container, "/ports").iter();
            assert!(ports.any(|known| known["name"] == port["targetPort"]), "{port}");
            assert_ne!(port["targetPort"], "admin", "the admin port is for operators");
        }
    }
    for budget in of_kind(&objects, "PodDisruptionBudget") {
        of_app(&budget["spec"]["selector"]["matchLabels"]);
    }
    for scaler in of_kind(&objects, "HorizontalPodAutoscaler") {
        let deployment = named(&objects, "Deployment", text(scaler, "/spec/scaleTargetRef/name"));
        assert_eq!(deployment["spec"]["replicas"], scaler["spec"]["minReplicas"]);
        // A share of what the container asks for: without it there is nothing to take a share of.
        text(deployment, "/spec/template/spec/containers/0/resources/requests/cpu");
    }
    let kinds: BTreeSet<_> = objects.iter().map(|object| text(object, "/kind")).collect();
    let looked_at =
        ["ConfigMap", "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Service"].into();
    assert_eq!(kinds, looked_at);
}

#[test]
fn the_image_is_made_as_that_of_a_new_extension() {
    let cargo = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let rust = cargo.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    let template = fs::read_to_string(root().join("crates/kaa-cli/template/Dockerfile.in")).unwrap();
    let template = template.replace("{{rust}}", rust);
    let block = Page::read(PAGE).blocks().into_iter().find(|block| block.info == "dockerfile").unwrap();
    let images =
        |text: &str| text.lines().filter(|line| line.starts_with("FROM ")).map(str::to_owned).collect();
    let (expected, found): (Vec<String>, Vec<String>) = (images(&template), images(&block.text));
    assert_eq!(found, expected);
}
