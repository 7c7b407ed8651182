//! The environment of a sandbox: the shell's, what Lambda sets, and the function's own variables.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::time::SystemTime;

use uuid::Uuid;

use super::Function;
use super::function::{INITIALIZATION_TYPE, Initialization, MAX_CONCURRENCY};

/// Why a function cannot be given the variable.
pub fn check(name: &str, value: &str) -> Result<(), String> {
    if RESERVED.contains(&name) {
        return Err(format!("{name} is set by Lambda itself; leave it out"));
    }
    if name == INITIALIZATION_TYPE && Initialization::named(value).is_none() {
        let names = Initialization::ALL.map(Initialization::name).join(", ");
        return Err(format!("{name} is `{value}`; Lambda's are {names}"));
    }
    Ok(())
}

/// Every variable of a process that runs `function` against the Runtime API at `api`.
pub fn of(function: &Function, api: SocketAddr) -> BTreeMap<OsString, OsString> {
    let mut all = function.inherited.clone();
    // The shell's Lua is another program than the function's, and what a Lambda around this
    // shell has set (or a profile copied from one) says nothing of this sandbox.
    all.retain(|name, _| {
        !name.to_string_lossy().starts_with("LUA_")
            && !RESERVED
                .iter()
                .chain(STALE)
                .chain(&[INITIALIZATION_TYPE, MAX_CONCURRENCY])
                .any(|reserved| name == *reserved)
    });
    let mut set = |name: &str, value: OsString| all.insert(name.into(), value);

    set("LANG", "en_US.UTF-8".into());
    set("TZ", ":UTC".into());
    set("LD_LIBRARY_PATH", library_path(function));
    set("AWS_REGION", function.region().into());
    set("AWS_DEFAULT_REGION", function.region().into());

    all.extend(function.variables.clone());
    let mut set = |name: &str, value: OsString| all.insert(name.into(), value);

    let name = function.name();
    set(
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        function.memory_mb.to_string().into(),
    );
    set("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".into());
    let initialization = function.initialization();
    set(INITIALIZATION_TYPE, initialization.name().into());
    // A snapshot is taken for many processes, each with a log stream of its own.
    if initialization != Initialization::SnapStart {
        set(
            "AWS_LAMBDA_LOG_GROUP_NAME",
            format!("/aws/lambda/{name}").into(),
        );
        set(
            "AWS_LAMBDA_LOG_STREAM_NAME",
            log_stream(SystemTime::now()).into(),
        );
    }
    set("AWS_LAMBDA_FUNCTION_NAME", name.into());
    set("AWS_LAMBDA_RUNTIME_API", api.to_string().into());
    set("LAMBDA_RUNTIME_DIR", "/var/runtime".into());
    set("LAMBDA_TASK_ROOT", function.root().into());
    set("_HANDLER", function.handler.clone().into());
    all
}

/// Where the loader looks for shared libraries: the function's own as in the service, after any
/// that the shell names.
fn library_path(function: &Function) -> OsString {
    let mut path = OsString::new();
    if let Some(shell) = function.inherited.get(OsStr::new("LD_LIBRARY_PATH"))
        && !shell.is_empty()
    {
        path.push(shell);
        path.push(":");
    }
    path.push(function.root());
    path.push(":");
    path.push(function.root().join("lib"));
    path.push(":/opt/lib");
    path
}

/// A log stream's name: `2026/11/20/[$LATEST]` and 32 hexadecimal digits.
fn log_stream(now: SystemTime) -> String {
    let day = humantime::format_rfc3339_seconds(now).to_string()[..10].replace('-', "/");
    format!("{day}/[$LATEST]{}", Uuid::new_v4().simple())
}

/// What the service sets and refuses to take from a function's configuration. That a function is
/// started from a snapshot or given many events at once is such too, but for that there is no other
/// option here.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
const RESERVED: &[&str] = &[
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
];

/// What a service around the shell may have left and a function has no use for here.
const STALE: &[&str] = &[
    "_LAMBDA_TELEMETRY_LOG_FD",
    "_LAMBDA_TELEMETRY_LOG_FD_PROVIDER_SOCKET",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use std::time::Duration;

    fn environment(
        inherited: &[(&str, &str)],
        variables: &[(&str, &str)],
    ) -> Vec<(String, String)> {
        let map = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect()
        };
        let function = Function {
            handler: "app.handler".into(),
            root: PathBuf::from("/srv/my function"),
            timeout: Duration::from_secs(3),
            memory_mb: 128,
            inherited: map(inherited),
            variables: map(variables),
        };
        of(&function, "127.0.0.1:9001".parse().expect("an address"))
            .into_iter()
            .map(|(name, value)| {
                (
                    name.into_string().expect("text"),
                    value.into_string().expect("text"),
                )
            })
            .collect()
    }

    #[track_caller]
    fn has(all: &[(String, String)], name: &str, value: &str) {
        let found = all.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
        assert_eq!(found, Some(value), "{name}");
    }

    #[track_caller]
    fn lacks(all: &[(String, String)], name: &str) {
        assert!(!all.iter().any(|(n, _)| n == name), "{name} is set");
    }

    #[test]
    fn what_lambda_sets_is_set() {
        let all = environment(&[], &[]);
        has(&all, "_HANDLER", "app.handler");
        has(&all, "LAMBDA_TASK_ROOT", "/srv/my function");
        has(&all, "LAMBDA_RUNTIME_DIR", "/var/runtime");
        has(&all, "AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        has(&all, "AWS_LAMBDA_FUNCTION_NAME", "my-function");
        has(&all, "AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
        has(&all, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128");
        has(&all, "AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand");
        has(&all, "AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/my-function");
        has(&all, "AWS_REGION", "us-east-1");
        has(&all, "AWS_DEFAULT_REGION", "us-east-1");
        has(&all, "TZ", ":UTC");
        has(&all, "LANG", "en_US.UTF-8");
        has(
            &all,
            "LD_LIBRARY_PATH",
            "/srv/my function:/srv/my function/lib:/opt/lib",
        );
    }

    #[test]
    fn the_shell_is_passed_on_less_its_lua_and_what_a_lambda_around_it_set() {
        let all = environment(
            &[
                ("HOME", "/home/ada"),
                ("AWS_REGION", "eu-west-1"),
                ("TZ", "Europe/Berlin"),
                ("LUA_PATH", "x"),
                ("LUA_CPATH_5_4", "x"),
                ("LUA_INIT", "x"),
                ("LUAROCKS_CONFIG", "kept"),
                ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"),
                ("AWS_LAMBDA_MAX_CONCURRENCY", "8"),
                ("_X_AMZN_TRACE_ID", "Root=1-0-0"),
                ("_LAMBDA_TELEMETRY_LOG_FD", "62"),
            ],
            &[],
        );
        has(&all, "HOME", "/home/ada");
        has(&all, "AWS_REGION", "eu-west-1");
        has(&all, "AWS_DEFAULT_REGION", "eu-west-1");
        has(&all, "TZ", ":UTC");
        has(&all, "LUAROCKS_CONFIG", "kept");
        has(&all, "AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001");
        for gone in ["LUA_PATH", "LUA_CPATH_5_4", "LUA_INIT", "_X_AMZN_TRACE_ID"] {
            lacks(&all, gone);
        }
        lacks(&all, "AWS_LAMBDA_MAX_CONCURRENCY");
        lacks(&all, "_LAMBDA_TELEMETRY_LOG_FD");
    }

    #[test]
    fn the_function_s_own_variables_win_over_the_shell_and_the_defaults() {
        let all = environment(
            &[("STAGE", "shell"), ("AWS_REGION", "eu-west-1")],
            &[
                ("STAGE", "own"),
                ("TZ", "Asia/Tokyo"),
                ("LUA_PATH", "own/?.lua"),
                ("AWS_REGION", "af-south-1"),
            ],
        );
        has(&all, "STAGE", "own");
        has(&all, "TZ", "Asia/Tokyo");
        has(&all, "LUA_PATH", "own/?.lua");
        has(&all, "AWS_REGION", "af-south-1");
    }

    #[test]
    fn a_log_stream_is_named_by_day_and_version() {
        let name = log_stream(SystemTime::UNIX_EPOCH + Duration::from_secs(1_792_454_400));
        let (head, tail) = name.split_at(20);
        assert_eq!(head, "2026/10/20/[$LATEST]");
        assert!(
            tail.len() == 32 && tail.bytes().all(|b| b.is_ascii_hexdigit()),
            "{tail}"
        );
    }
}
