//! SnapStart: what happens around `/restore/next`.

mod support;

use support::{Answer, Event, Function, Run};

const NEXT: &str = "/2018-06-01/runtime/restore/next";
const ERROR: &str = "/2018-06-01/runtime/restore/error";

/// A function of the initialisation type `snap-start`, whose file knows `on`.
fn function(source: &str) -> Function {
    let source = format!("local on = require('lambda.lifecycle').on\n{source}");
    Function::new("main.lua", source)
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start")
        .without_env("AWS_LAMBDA_LOG_GROUP_NAME")
        .without_env("AWS_LAMBDA_LOG_STREAM_NAME")
}

/// The calls as `METHOD path`.
fn calls(run: &Run) -> Vec<String> {
    let call = |request: &support::Request| format!("{} {}", request.method, request.path);
    run.requests().iter().map(call).collect()
}

#[test]
fn hooks_run_around_the_wait_for_the_restore_in_their_orders() {
    let run = function(
        "for i = 1, 2 do
          on('before_snapshot', function() print('before' .. i) end)
          on('after_restore', function() print('after' .. i) end)
          on('init', function() print('init' .. i) end)
        end
        return { handler = function(_, context)
          return { context.cold_start, context.log_stream_name == nil }
        end }",
    )
    .expects("GET", NEXT, Answer::status(200))
    .invoke(Event::json("{}"))
    .invoke(Event::json("{}"))
    .run();
    assert_eq!(
        calls(&run)[..3],
        [
            "GET /2018-06-01/runtime/restore/next",
            "GET /2018-06-01/runtime/invocation/next",
            "POST /2018-06-01/runtime/invocation/request-1/response"
        ]
    );
    let messages = |text: &str| -> Vec<String> {
        let last = |line: &str| line.rsplit('\t').next().unwrap_or_default().to_owned();
        text.lines().map(last).collect()
    };
    let restore = &run.requests()[0];
    assert_eq!(
        messages(run.stdout_at(restore)),
        ["init1", "init2", "before2", "before1"]
    );
    assert_eq!(
        messages(run.stdout_at(&run.requests()[1]))[4..],
        ["after1", "after2"]
    );
    let texts: Vec<_> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(texts, ["[true,true]", "[false,true]"]);
    assert!(restore.body.is_empty());
}

#[test]
fn the_connection_of_before_the_snapshot_is_not_used_after_it() {
    let run = function("return { handler = function() end }")
        .expects("GET", NEXT, Answer::status(200))
        .invoke(Event::json("{}"))
        .run();
    let connections: Vec<_> = run.requests().iter().map(|call| call.connection).collect();
    assert_eq!(connections, [0, 1, 1, 1]);
}

#[test]
fn any_2xx_is_a_restore() {
    for code in [202, 204] {
        let run = function("return { handler = function() return 1 end }")
            .expects("GET", NEXT, Answer::status(code))
            .invoke(Event::json("{}"))
            .run();
        assert_eq!(run.post().text(), "1");
    }
}

#[test]
fn the_base_path_stands_before_the_restore_too() {
    let run = function("return { handler = function() return 1 end }")
        .runtime_api("http://{}/.rt/f")
        .expects("GET", NEXT, Answer::status(200))
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(calls(&run)[0], "GET /.rt/f/2018-06-01/runtime/restore/next");
}

#[test]
fn without_snap_start_nothing_is_restored_and_no_hook_of_it_runs() {
    for kind in [
        "on-demand",
        "provisioned-concurrency",
        "Snap-Start",
        "snap-start ",
    ] {
        let run = function(
            "on('before_snapshot', error)
            on('after_restore', error)
            return { handler = function() return 1 end }",
        )
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", kind)
        .invoke(Event::json("{}"))
        .run();
        // The mock allows no call that the script does not have.
        assert_eq!(run.post().text(), "1", "{kind}");
    }
}

#[test]
fn a_failure_before_the_snapshot_is_an_init_error_and_status_64() {
    let run = function(
        "on('before_snapshot', function() error({ type = 'Mine', message = 'not yet' }) end)
        return { handler = function() end }",
    )
    .ends()
    .run();
    assert_eq!(run.exit_code(), 64);
    let post = run.post();
    assert_eq!(post.path, "/2018-06-01/runtime/init/error");
    let header = post.header("Lambda-Runtime-Function-Error-Type");
    assert_eq!(header, Some("Runtime.BeforeSnapshotError"));
    assert_eq!(
        post.text(),
        r#"{"errorMessage":"not yet","errorType":"Runtime.BeforeSnapshotError","stackTrace":["main.lua:2: in function <main.lua:2>"]}"#
    );
    let record = "\t-\tERROR\tRuntime.BeforeSnapshotError: not yet\r    main.lua:2: in function";
    assert!(run.stdout_at(post).contains(record), "{}", run.stdout());
}

#[test]
fn a_failure_after_the_restore_is_a_restore_error_and_status_65() {
    let run = function(
        "on('after_restore', function() error('gone') end)
        return { handler = function() end }",
    )
    .expects("GET", NEXT, Answer::status(200))
    .expects("POST", ERROR, Answer::accepted())
    .ends()
    .run();
    assert_eq!(run.exit_code(), 65);
    let post = run.post();
    assert_eq!(post.path, "/2018-06-01/runtime/restore/error");
    let header = post.header("Lambda-Runtime-Function-Error-Type");
    assert_eq!(header, Some("Runtime.AfterRestoreError"));
    assert_eq!(
        post.text(),
        r#"{"errorMessage":"main.lua:2: gone","errorType":"Runtime.AfterRestoreError","stackTrace":["main.lua:2: in function <main.lua:2>"]}"#
    );
    let record = "\t-\tERROR\tRuntime.AfterRestoreError: main.lua:2: gone\r";
    assert!(run.stdout_at(post).contains(record), "{}", run.stdout());
}

#[test]
fn os_exit_in_a_snapshot_hook_is_told_where_its_errors_are() {
    let run =
        function("on('before_snapshot', function() os.exit(3) end) return { handler = print }")
            .ends()
            .run();
    assert_eq!(run.exit_code(), 64);
    let message = "a before_snapshot hook called os.exit(3)";
    assert_eq!(run.post().json()["errorMessage"], message);
    let run = function("on('after_restore', function() os.exit(3) end) return { handler = print }")
        .expects("GET", NEXT, Answer::status(200))
        .expects("POST", ERROR, Answer::accepted())
        .ends()
        .run();
    assert_eq!(run.exit_code(), 65);
    let message = "an after_restore hook called os.exit(3)";
    assert_eq!(run.post().json()["errorMessage"], message);
}

#[test]
fn a_restore_that_is_refused_ends_the_process_and_says_what_lambda_answered() {
    for code in [403, 404, 500] {
        let run = function(
            "on('after_restore', function() print('never') end)
            return { handler = function() end }",
        )
        .expects("GET", NEXT, Answer::status(code))
        .ends()
        .run();
        assert_eq!(run.exit_code(), 1);
        let said = format!("the Runtime API answered /restore/next with {code}: ");
        assert!(run.stdout().contains(&said), "{}", run.stdout());
        assert!(!run.stdout().contains("never"));
    }
}

#[test]
fn random_numbers_differ_between_two_restores_and_only_there() {
    let drawn = |restored: bool| {
        let function = function(
            "math.randomseed(42)
            return { handler = function() return math.random(1000000000) end }",
        );
        let function = match restored {
            true => function.expects("GET", NEXT, Answer::status(200)),
            false => function.env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand"),
        };
        let run = function.invoke(Event::json("{}")).run();
        run.post().text().to_owned()
    };
    // 64 random bits each: the same twice means the same seed.
    let seeded = drawn(false);
    assert_eq!(seeded, drawn(false));
    let (one, other) = (drawn(true), drawn(true));
    assert_ne!(one, other);
    assert!(one != seeded && other != seeded);
}

#[test]
fn random_numbers_are_fresh_in_after_restore_and_seeded_as_before_in_before_snapshot() {
    let drawn = || {
        let run = function(
            "math.randomseed(42)
            local first
            on('before_snapshot', function() first = math.random(1000000000) end)
            on('after_restore', function() print(first, math.random(1000000000)) end)
            return { handler = function() end }",
        )
        .expects("GET", NEXT, Answer::status(200))
        .run();
        let parts: Vec<_> = run.stdout().trim().split('\t').map(str::to_owned).collect();
        (parts[3].clone(), parts[4].clone())
    };
    let (one, other) = (drawn(), drawn());
    assert_eq!(one.0, other.0);
    assert_ne!(one.1, other.1);
}

#[test]
fn a_seed_function_of_the_users_that_fails_is_a_warning() {
    let run = function(
        "math.randomseed = function() error('mine', 0) end
        return { handler = function() return 1 end }",
    )
    .expects("GET", NEXT, Answer::status(200))
    .invoke(Event::json("{}"))
    .run();
    assert_eq!(run.post().text(), "1");
    assert!(
        run.stdout()
            .contains("\tWARN\tmath.random is not seeded anew: mine\n"),
        "{}",
        run.stdout()
    );
}

#[test]
fn an_after_restore_hook_may_be_registered_in_a_before_snapshot_hook_but_not_later() {
    let run = function(
        "on('before_snapshot', function()
          on('after_restore', function()
            print('restored')
            print(select(2, pcall(on, 'after_restore', print)))
          end)
          print(select(2, pcall(on, 'before_snapshot', print)))
        end)
        return { handler = function() end }",
    )
    .expects("GET", NEXT, Answer::status(200))
    .run();
    let records: Vec<_> = run
        .stdout()
        .lines()
        .map(|line| line.rsplit('\t').next().unwrap_or_default())
        .collect();
    let [snapshot, "restored", restore] = records[..] else {
        panic!("{records:?}")
    };
    assert!(snapshot.contains("too late to register 'before_snapshot'"));
    assert!(restore.contains("too late to register 'after_restore'"));
}

#[test]
fn an_after_restore_hook_that_does_not_end_is_a_restore_error_before_lambda_gives_up() {
    let run = function(
        "on('after_restore', function() while true do pcall(error) end end)
        return { handler = print }",
    )
    .expects("GET", NEXT, Answer::status(200))
    .expects("POST", ERROR, Answer::accepted())
    .ends()
    .run();
    assert_eq!(run.exit_code(), 65);
    let error = run.requests().last().expect("a post").json();
    assert_eq!(error["errorType"], "Runtime.AfterRestoreError");
    let message = error["errorMessage"].as_str().expect("a text");
    assert!(
        message.starts_with("timed out after 9.00 s at main.lua:"),
        "{message}"
    );
}
