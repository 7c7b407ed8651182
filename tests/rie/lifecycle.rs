//! The turning points of a process's life, as the emulator has them.
//!
//! It sends SIGTERM only to a process that registered an extension, and offers the snapshot's calls
//! though it takes none.

use std::time::{Duration, Instant};

use crate::{
    runtime::serve,
    support::{Emulator, Folder, bootstrap},
    text,
};

/// A task root with a `main.lua` that registers a `shutdown` hook and has this body.
fn main_lua(body: &str) -> Folder {
    let folder = Folder::new();
    let source = format!(
        "require('lambda.lifecycle').on('shutdown', function()
          print('cleaning up')
          local file = assert(io.open('cleaned', 'a'))
          file:write('once\\n')
          file:close()
        end)
        return {{ handler = function(event) {body} end }}\n"
    );
    folder.file("main.lua", source);
    folder
}

/// What the hook wrote, once a run.
fn cleaned(root: &Folder) -> Option<String> {
    std::fs::read_to_string(root.path().join("cleaned")).ok()
}

#[test]
fn a_process_that_waits_runs_its_shutdown_hooks_when_the_emulator_ends() {
    let root = main_lua("return event");
    let emulator = serve(root.path(), "main.handler", &[]);
    assert_eq!(emulator.invoke("1").text(), "1");
    assert_eq!(emulator.invoke("2").text(), "2");
    let (stdout, _) = emulator.stop();
    assert!(stdout.contains("\t-\tINFO\tcleaning up\n"), "{stdout}");
    assert_eq!(cleaned(&root).as_deref(), Some("once\n"));
}

#[test]
fn snapshot_hooks_run_around_the_emulators_restore() {
    let root = Folder::new();
    let source = "local on = require('lambda.lifecycle').on
        for _, name in ipairs({ 'after_restore', 'before_snapshot', 'init' }) do
          on(name, function() print(name) end)
        end
        return { handler = function() end }\n";
    root.file("main.lua", source);
    let program = bootstrap();
    let command_line = ["--enable-init-caching", text(&program), "main.handler"];
    let emulator = Emulator::start(&command_line, |command| {
        command.current_dir(root.path());
        command.env("LAMBDA_TASK_ROOT", root.path());
        command.env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
        command.env("AWS_LAMBDA_FUNCTION_TIMEOUT", "1");
    });
    // Its answer to /restore/next is the first event itself, which no restore is: it is lost, and
    // the emulator gives no other one.
    let failed = emulator.invoke("{}");
    assert_eq!(failed.text(), "Task timed out after 1.00 seconds");
    let (stdout, _) = emulator.stop();
    let records: Vec<_> = stdout
        .lines()
        .filter_map(|line| line.split_once("\t-\tINFO\t"))
        .map(|(_, message)| message)
        .collect();
    assert_eq!(records, ["init", "before_snapshot", "after_restore"]);
}

#[test]
fn a_handler_that_hangs_past_its_timeout_gets_sigterm_and_its_process_cleans_up() {
    // The signal goes to the whole group: it ends the child as well, and the handler goes on.
    let root = main_lua("if event.slow then os.execute('exec sleep 20') end return 'served'");
    let variables = [("AWS_LAMBDA_FUNCTION_TIMEOUT", "2")];
    let emulator = serve(root.path(), "main.handler", &variables);
    let began = Instant::now();
    let failed = emulator.invoke(r#"{"slow":true}"#);
    assert_eq!(failed.text(), "Task timed out after 2.00 seconds");
    assert!(
        began.elapsed() < Duration::from_secs(15),
        "took {:?}",
        began.elapsed()
    );
    // A new process serves the next one.
    assert_eq!(emulator.invoke("{}").text(), r#""served""#);
    assert_eq!(cleaned(&root).as_deref(), Some("once\n"));
    let (stdout, _) = emulator.stop();
    assert_eq!(stdout.matches("cleaning up\n").count(), 2, "{stdout}");
}
