//! `http.all`.

use std::sync::{Arc, Barrier};

use serde_json::json;

use super::support::{Event, Function, Then, Web, answer, lua, send};

/// Answers only when as many requests are in.
fn barrier(count: usize) -> Web {
    let barrier = Arc::new(Barrier::new(count));
    Web::new(move |asked, out| {
        barrier.wait();
        send(out, answer("200 OK", &[], &asked.target));
        Then::Keep
    })
}

#[test]
fn requests_run_side_by_side_and_answers_come_in_order() {
    let web = barrier(32);
    let code = format!(
        "local list = {{}}
         for n = 1, 32 do list[n] = {{url = '{}' .. n}} end
         local got = {{}}
         for n, answer in ipairs(http.all(list)) do got[n] = answer.error or answer.body end
         return got",
        web.url("/")
    );
    let expected: Vec<_> = (1..=32).map(|n| format!("/{n}")).collect();
    assert_eq!(lua(&code), json!(expected));
}

#[test]
fn more_than_run_at_once_are_all_sent_and_connections_are_shared() {
    let web = Web::new(|asked, out| {
        send(out, answer("200 OK", &[], &asked.body));
        Then::Keep
    });
    let code = format!(
        "local list = {{}}
         for n = 1, 100 do list[n] = {{url = '{}', method = 'POST', json = n}} end
         local got = {{}}
         for n, answer in ipairs(http.all(list)) do got[n] = answer:json() end
         return got",
        web.url("/")
    );
    let expected: Vec<_> = (1..=100).collect();
    assert_eq!(lua(&code), json!(expected));
    assert!(web.connections() <= 32, "{}", web.connections());
}

#[test]
fn a_fault_stands_in_its_place() {
    let web = Web::fixed(answer("404 Not Found", &[], "x"));
    let stall = Web::new(|_, _| Then::Hold);
    let code = format!(
        "local got = http.all{{
           {{url = '{}'}}, {{url = 'http://nowhere.invalid/'}}, {{url = '{}', timeout = 0.2}},
         }}
         return {{got[1].status, tostring(got[1].error), got[2].error.kind, tostring(got[2].status),
           got[3].error.kind, tostring(got[3].error) == got[3].error.message, #got, #http.all{{}}}}",
        web.url("/"),
        stall.url("/")
    );
    assert_eq!(
        lua(&code),
        json!([404, "nil", "dns", "nil", "timeout", true, 3, 0])
    );
}

#[test]
fn what_cannot_run_side_by_side_is_refused() {
    for (list, says) in [
        ("5", "bad argument #1 to 'all' (table expected, got number)"),
        (
            "{'http://h'}",
            "bad argument #1 to 'all' (request 1: table expected, got string)",
        ),
        (
            "{{url = 'http://h'}, {url = 'h'}}",
            "bad argument #1 to 'all' (request 2: the URL has no scheme",
        ),
        (
            "{{url = 'http://h', stream = true}}",
            "request 1: http.all takes no stream; use http.request",
        ),
        (
            "{{url = 'http://h', method = 'PUT', body = print}}",
            "request 1: a body from a function cannot be sent by http.all",
        ),
        ("{url = 'http://h'}", "a list of requests expected"),
    ] {
        let error = lua(&format!("return select(2, pcall(http.all, {list}))"));
        assert!(error.as_str().unwrap().contains(says), "{list}: {error}");
    }
}

/// The signals that each thread of a process but its first holds back, as `/proc` shows them.
fn masks(process: &str) -> Vec<String> {
    let mut masks = Vec::new();
    for thread in std::fs::read_dir(format!("/proc/{process}/task")).unwrap() {
        let thread = thread.unwrap();
        let status = std::fs::read_to_string(thread.path().join("status")).unwrap_or_default();
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("SigBlk:\t"));
        if thread.file_name() != process
            && let Some(mask) = mask
        {
            masks.push(mask.to_owned());
        }
    }
    masks
}

#[test]
fn the_threads_get_no_signals_and_end_before_the_answers_are_given() {
    let barrier = Arc::new(Barrier::new(4));
    let web = Web::new(move |asked, out| {
        // All four are in the midst of their requests.
        barrier.wait();
        let masks = masks(&asked.target[1..]);
        barrier.wait();
        send(out, answer("200 OK", &[], masks.join(" ")));
        Then::Keep
    });
    let source = format!(
        "local http = require('lambda.http')
         local process = io.open('/proc/self/stat'):read('n')
         local function threads()
           local count = 0
           for _ in io.popen('ls /proc/' .. process .. '/task'):lines() do count = count + 1 end
           return count
         end
         return {{ handler = function()
           local before, list = threads(), {{}}
           for n = 1, 4 do list[n] = {{url = '{}' .. process}} end
           local answers = http.all(list)
           -- The system may show a thread for a moment after its end; one that stays is found by the
           -- limit of the run.
           repeat until threads() == before
           return {{before, answers[1].body}}
         end }}",
        web.url("/")
    );
    let run = Function::new("main.lua", source)
        .invoke(Event::json("{}"))
        .run();
    let got = run.post().json();
    assert_eq!(got[0], 1, "{got}");
    let masks: Vec<_> = got[1].as_str().unwrap().split(' ').collect();
    assert_eq!(masks.len(), 4, "{got}");
    for mask in masks {
        let mask = u64::from_str_radix(mask, 16).unwrap();
        // All but SIGKILL, SIGSTOP, and the two of the C library's own.
        let most = !(1 << 8 | 1 << 18 | 1 << 31 | 1 << 32);
        assert_eq!(mask | !most, u64::MAX, "{mask:x}");
    }
}
