//! The Runtime API as its other end sees it: literal bytes, every status, every way to fail.

mod support;

use support::{Answer, Event, Function};

/// The workspace has one version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

#[test]
fn next_is_asked_by_these_bytes() {
    let run = Function::echo().invoke(Event::json("{}")).run();
    let raw = String::from_utf8(run.raw(0).to_vec()).unwrap();
    let host = run.requests()[0].header("Host").unwrap();
    assert_eq!(
        raw,
        format!(
            "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nHost: {host}\r\n\
             User-Agent: moonlayer/{VERSION}\r\n\r\n"
        )
    );
}

#[test]
fn a_response_is_posted_by_these_bytes() {
    let run = Function::echo().invoke(Event::json(r#"{"a":[1]}"#)).run();
    let raw = String::from_utf8(run.raw(1).to_vec()).unwrap();
    let host = run.requests()[1].header("Host").unwrap();
    assert_eq!(
        raw,
        format!(
            "POST /2018-06-01/runtime/invocation/request-1/response HTTP/1.1\r\nHost: {host}\r\n\
             User-Agent: moonlayer/{VERSION}\r\nContent-Type: application/json\r\n\
             Content-Length: 9\r\n\r\n{{\"a\":[1]}}"
        )
    );
}

#[test]
fn an_error_is_posted_by_these_bytes() {
    let run = Function::failing()
        .invoke(Event::json("{}").header("Lambda-Runtime-Invocation-Id", "abc"))
        .run();
    let raw = String::from_utf8(run.raw(1).to_vec()).unwrap();
    let host = run.requests()[1].header("Host").unwrap();
    let body = r#"{"errorMessage":"boom","errorType":"LuaError","stackTrace":["main.lua:1: in function 'handler'"]}"#;
    assert_eq!(
        raw,
        format!(
            "POST /2018-06-01/runtime/invocation/request-1/error HTTP/1.1\r\nHost: {host}\r\n\
             User-Agent: moonlayer/{VERSION}\r\nContent-Type: application/vnd.aws.lambda.error+json\r\n\
             Content-Length: {}\r\nLambda-Runtime-Invocation-Id: abc\r\n\
             Lambda-Runtime-Function-Error-Type: Function.LuaError\r\n\r\n{body}",
            body.len()
        )
    );
}

#[test]
fn many_events_go_over_one_connection() {
    let run = (0..50)
        .fold(Function::echo(), |run, n| {
            run.invoke(Event::json(n.to_string()))
        })
        .run();
    assert_eq!(run.connections(), 1);
    let bodies: Vec<&str> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(bodies, (0..50).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[test]
fn the_attempt_is_echoed_where_it_was_sent_and_nowhere_else() {
    let run = Function::new(
        "main.lua",
        "return { handler = function(event) if event == 2 then error('x') end return event end }",
    )
    .invoke(Event::json("1").header("Lambda-Runtime-Invocation-Id", "abc"))
    .invoke(Event::json("2").header("lambda-runtime-invocation-id", "d e;f"))
    .invoke(Event::json("3"))
    .invoke(Event::json("4").header("Lambda-Runtime-Invocation-Id", ""))
    .run();
    let echoed: Vec<_> = run
        .posts()
        .iter()
        .map(|post| post.header("Lambda-Runtime-Invocation-Id"))
        .collect();
    assert_eq!(echoed, [Some("abc"), Some("d e;f"), None, None]);
}

#[test]
fn an_attempt_that_is_no_plain_text_is_ignored() {
    let run = Function::echo()
        .invoke(Event::json("1").header("Lambda-Runtime-Invocation-Id", "\u{e9}"))
        .run();
    assert_eq!(run.post().header("Lambda-Runtime-Invocation-Id"), None);
}

#[test]
fn an_init_error_never_names_an_attempt() {
    let run = Function::new("main.lua", "error('x')").ends().run();
    assert_eq!(run.post().header("Lambda-Runtime-Invocation-Id"), None);
}

#[test]
fn the_trace_variable_follows_the_header_for_child_processes_too() {
    let run = Function::new(
        "main.lua",
        r#"return { handler = function(_, context)
          local pipe = io.popen("printf %s \"${_X_AMZN_TRACE_ID-unset}\"")
          local child = pipe:read("a")
          pipe:close()
          return { os.getenv("_X_AMZN_TRACE_ID") or "unset", child, context.trace_id or "none" }
        end }"#,
    )
    .env("_X_AMZN_TRACE_ID", "stale")
    .invoke(Event::json("{}").header("Lambda-Runtime-Trace-Id", "Root=1-a;Lineage=b:1"))
    .invoke(Event::json("{}").without_header("Lambda-Runtime-Trace-Id"))
    .invoke(Event::json("{}").header("Lambda-Runtime-Trace-Id", ""))
    .run();
    let bodies: Vec<&str> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(
        bodies,
        [
            r#"["Root=1-a;Lineage=b:1","Root=1-a;Lineage=b:1","Root=1-a;Lineage=b:1"]"#,
            r#"["unset","unset","none"]"#,
            r#"["unset","unset","none"]"#
        ]
    );
}

#[test]
fn an_event_may_come_in_chunks() {
    let body = format!(r#"{{"text":"{}"}}"#, "0123456789".repeat(10_000));
    let run = Function::echo()
        .invoke(Event::json(&body).chunked(2048))
        .invoke(Event::json(&body).chunked(1))
        .invoke(Event::json(&body).chunked(65_536))
        .run();
    for post in run.posts() {
        assert!(post.text() == body);
    }
    assert_eq!(run.connections(), 1);
}

#[test]
fn an_event_of_six_megabytes_goes_through() {
    let body = format!(r#"{{"text":"{}"}}"#, "é\\n".repeat(1_572_000));
    assert!((6_200_000..6_291_556).contains(&body.len()));
    let run = Function::echo()
        .invoke(Event::json(&body))
        .invoke(Event::json(&body).chunked(4096))
        .run();
    for post in run.posts() {
        assert!(post.text() == body);
    }
}

#[test]
fn a_base_path_and_a_scheme_in_the_address_are_kept() {
    let run = Function::echo()
        .runtime_api("http://{}/.rt/hello")
        .invoke(Event::json("1"))
        .run();
    let paths: Vec<&str> = run
        .requests()
        .iter()
        .map(|request| request.path.as_str())
        .collect();
    assert_eq!(
        paths,
        [
            "/.rt/hello/2018-06-01/runtime/invocation/next",
            "/.rt/hello/2018-06-01/runtime/invocation/request-1/response",
            "/.rt/hello/2018-06-01/runtime/invocation/next"
        ]
    );
    assert_eq!(run.post().text(), "1");
}

#[test]
fn no_event_is_asked_for_again() {
    let run = Function::echo()
        .then(Answer::status(204))
        .then(Answer::status(204))
        .invoke(Event::json("1"))
        .then(Answer::status(204))
        .invoke(Event::json("2"))
        .run();
    let bodies: Vec<&str> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(bodies, ["1", "2"]);
}

#[test]
fn a_post_may_be_answered_with_any_2xx() {
    let run = Function::echo()
        .invoke(Event::json("1"))
        .invoke(Event::json("2"))
        .posted(Answer::status(200))
        .posted(Answer::status(204))
        .run();
    assert_eq!(run.posts().len(), 2);
    assert!(!run.stdout().contains("ERROR"));
}

#[test]
fn a_kept_connection_that_was_closed_is_replaced_without_a_word() {
    let run = Function::echo()
        .invoke(Event::json("1").closing())
        .invoke(Event::json("2"))
        .posted(Answer::accepted().closing())
        .run();
    let bodies: Vec<&str> = run.posts().iter().map(|post| post.text()).collect();
    assert_eq!(bodies, ["1", "2"]);
    assert_eq!(run.connections(), 3);
    assert_eq!(run.stdout(), "");
}

#[test]
fn proxies_are_not_for_the_runtime_api() {
    let run = [
        "http_proxy",
        "HTTP_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ]
    .into_iter()
    .fold(Function::echo(), |run, name| {
        run.env(name, "http://127.0.0.1:1")
    })
    .invoke(Event::json("1"))
    .run();
    assert_eq!(run.post().text(), "1");
}

#[test]
fn no_body_is_announced_by_expect() {
    let source = "return { handler = function(n) return string.rep('x', n) end }";
    let run = Function::new("main.lua", source)
        .invoke(Event::json("10"))
        .invoke(Event::json("3000000"))
        .run();
    for post in run.posts() {
        assert_eq!(post.header("Expect"), None);
        assert_eq!(post.header("Transfer-Encoding"), None);
        assert_eq!(post.header("Lambda-Runtime-Function-Response-Mode"), None);
    }
}

#[test]
fn large_events_leave_no_memory_behind() {
    // The handler reads the process's own memory; a MB is 1,024 of the kernel's kB.
    let source = r#"return { handler = function(event)
      for line in io.lines("/proc/self/status") do
        local kb = line:match("^VmRSS:%s*(%d+)")
        if kb then return math.floor(kb / 1024) end
      end
    end }"#;
    let item = r#"{"id":123456,"name":"a name of some length","tags":["a","b"],"ratio":0.25}"#;
    let large = format!("[{}]", vec![item; 30_000].join(","));
    let function = (0..20).fold(
        Function::new("main.lua", source).invoke(Event::json("{}")),
        |run, _| run.invoke(Event::json(&large).chunked(32_768)),
    );
    let run = function
        .invoke(Event::json("{}"))
        .invoke(Event::json("{}"))
        .run();
    let megabytes: Vec<i64> = run
        .posts()
        .iter()
        .map(|post| post.text().parse().unwrap())
        .collect();
    let (first, at_most, last) = (
        megabytes[0],
        *megabytes.iter().max().unwrap(),
        *megabytes.last().unwrap(),
    );
    assert!(at_most < first + 100, "{megabytes:?}");
    assert!(last < first + 20, "{megabytes:?}");
}
