//! What `sam build` leaves, and the emulator that serves it.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;

use super::support::{Call, Process, free_address, project, send, tool};
use super::tools::path_with_tools;

/// The result of one `sam build`, which all tests share.
pub struct Built {
    /// The layer's folder, which Lambda would unpack under `/opt`.
    pub layer: PathBuf,
    pub functions: Vec<Function>,
}

/// A function of a template.
pub struct Function {
    /// The sample it is, by the name of its folder.
    pub sample: String,
    pub handler: String,
    /// The folder that is deployed.
    pub code: PathBuf,
    /// Its environment variables, with their values where these stand in the template.
    pub variables: BTreeMap<String, Option<String>>,
}

/// The emulator with one function; ended when dropped.
pub struct Emulator {
    address: SocketAddr,
    process: Process,
}

/// Runs `sam` in the project's folder; panics when it fails.
#[track_caller]
pub fn sam(arguments: &[&str]) -> Output {
    let mut command = Command::new(tool("venv/bin/sam"));
    command.args(arguments).current_dir(project());
    // Cargo's variables for this test would be a change of settings for the builds that sam starts:
    // these would compile what `cargo test` has compiled, and that the same once more.
    for (name, _) in std::env::vars_os() {
        let of_this_test = name.to_string_lossy().starts_with("CARGO_") || name == "OUT_DIR";
        if of_this_test && name != "CARGO_HOME" {
            command.env_remove(name);
        }
    }
    command
        .env("SAM_CLI_TELEMETRY", "0")
        .env("PATH", path_with_tools());
    let output = command.output().expect("the installed sam");
    assert!(
        output.status.success(),
        "sam {arguments:?}: {}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// The functions of the template as it stands in the project.
pub fn in_the_template() -> Vec<Function> {
    let (_, functions) = read(&project().join("template.yaml"));
    functions
        .into_iter()
        .map(|(_, function)| function)
        .collect()
}

impl Built {
    /// Builds when it is called for the first time.
    pub fn once() -> &'static Self {
        static BUILT: OnceLock<Built> = OnceLock::new();
        BUILT.get_or_init(|| {
            sam(&["build"]);
            let samples = read(&project().join("template.yaml")).1;
            let (layer, functions) = read(&project().join(".aws-sam/build/template.yaml"));
            let functions = functions.into_iter().map(|(id, function)| {
                let source = samples.iter().find(|(name, _)| *name == id);
                let (_, source) = source.expect("sam adds no function");
                let code = function.code.canonicalize().expect("a built folder");
                Function {
                    sample: source.sample.clone(),
                    code,
                    ..function
                }
            });
            Self {
                layer,
                functions: functions.collect(),
            }
        })
    }

    /// Serves `function` with the built layer.
    #[track_caller]
    pub fn serve(&self, function: &Function) -> Emulator {
        let [address, runtime_api] = [free_address(), free_address()];
        let mut command = Command::new(tool("aws-lambda-rie-x86_64"));
        command
            .args(["--runtime-interface-emulator-address", &address.to_string()])
            .args(["--runtime-api-address", &runtime_api.to_string()])
            .arg(self.layer.join("bootstrap"))
            .arg(&function.handler)
            .current_dir(&function.code)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("LAMBDA_TASK_ROOT", &function.code)
            .envs(function.env());
        let mut process = Process::spawn(&mut command, || ());
        process.listens(address);
        // It takes invocations a moment before it serves the runtimes that these start.
        process.listens(runtime_api);
        Emulator { address, process }
    }
}

impl Function {
    /// The folder of its events.
    pub fn events(&self) -> PathBuf {
        project().join("sample-functions/events").join(&self.sample)
    }

    /// The environment variables that its events are made for: `env.txt`, lines `NAME=VALUE`. What
    /// the template refers to is known to a deployment only.
    #[track_caller]
    pub fn env(&self) -> BTreeMap<String, String> {
        let Ok(text) = fs::read_to_string(self.events().join("env.txt")) else {
            return BTreeMap::new();
        };
        let variable = |line: &str| {
            let (name, value) = line.split_once('=').expect("NAME=VALUE");
            (name.to_owned(), value.to_owned())
        };
        text.lines().map(variable).collect()
    }

    /// Its first event and the answer to it. What it does with the others shows where the same
    /// folder is run without a build: `tests/samples.rs`, `tests/rie.rs`.
    #[track_caller]
    pub fn case(&self) -> (String, Value) {
        let read = |name: &str| {
            let path = self.events().join(name);
            fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
        };
        let expected = serde_json::from_str(&read("expected.json")).expect("an answer of JSON");
        (read("event.json"), expected)
    }
}

impl Emulator {
    /// The answer to `event`; panics with what was logged when there is none.
    #[track_caller]
    pub fn invoke(&self, event: &str) -> Value {
        let call = Call::post("/2015-03-31/functions/function/invocations", event);
        let reply = send(self.address, &call);
        assert_eq!(
            reply.code,
            200,
            "{}\n{}",
            reply.text(),
            self.process.stdout()
        );
        reply.json()
    }
}

/// The layer's folder and the functions, by logical ids, of the template at `path`.
///
/// sam's own parser reads it: YAML with CloudFormation's tags is not every parser's.
fn read(path: &Path) -> (PathBuf, Vec<(String, Function)>) {
    let script = "import json, sys; from samcli.yamlhelper import yaml_parse; \
                  json.dump(yaml_parse(open(sys.argv[1]).read())['Resources'], sys.stdout)";
    let output = Command::new(tool("venv/bin/python"))
        .args(["-c", script])
        .arg(path)
        .output()
        .expect("the Python that sam is installed in");
    let resources: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        panic!(
            "{}: {error}: {}",
            path.display(),
            String::from_utf8_lossy(&output.stderr)
        )
    });
    let folder = path.parent().expect("a template lies in a folder");
    let mut layer = None;
    let mut functions = Vec::new();
    for (id, resource) in resources.as_object().expect("a map of resources") {
        let text = |name: &str| {
            let value = resource["Properties"][name].as_str();
            value
                .unwrap_or_else(|| panic!("{id} has no {name}"))
                .to_owned()
        };
        match resource["Type"].as_str() {
            Some("AWS::Serverless::LayerVersion") => layer = Some(folder.join(text("ContentUri"))),
            Some("AWS::Serverless::Function") => {
                let code = folder.join(text("CodeUri"));
                let sample = code
                    .file_name()
                    .expect("a folder")
                    .to_string_lossy()
                    .into_owned();
                let variables = resource["Properties"]["Environment"]["Variables"].as_object();
                let variable = |(name, value): (&String, &Value)| {
                    (name.clone(), value.as_str().map(str::to_owned))
                };
                functions.push((
                    id.clone(),
                    Function {
                        sample,
                        handler: text("Handler"),
                        code,
                        variables: variables.into_iter().flatten().map(variable).collect(),
                    },
                ));
            }
            _ => {}
        }
    }
    (layer.expect("the template has a layer"), functions)
}
