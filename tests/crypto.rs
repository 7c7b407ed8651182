//! `lambda.crypto` gives what the standards and the senders of webhooks publish.

#[path = "crypto/digests.rs"]
mod digests;
#[path = "crypto/encodings.rs"]
mod encodings;
#[path = "crypto/random.rs"]
mod random;
mod support;
#[path = "crypto/webhooks.rs"]
mod webhooks;

use support::{Event, Function, lua};

/// Runs a script in which `crypto` is the module, and `same(got, expected)` and
/// `raises(message, function, …)` check; gives what it wrote.
#[track_caller]
fn run(script: &str) -> String {
    let checks = r#"
        local crypto = require("lambda.crypto")
        local function same(got, expected)
          if got ~= expected then
            error(("expected %q, got %q"):format(tostring(expected), tostring(got)), 2)
          end
        end
        local function raises(message, fn, ...)
          local ok, err = pcall(fn, ...)
          if ok then
            error("nothing was raised, for: " .. message, 2)
          end
          if err ~= message then
            error(("expected %q, got %q"):format(message, tostring(err)), 2)
          end
        end
        local all_bytes = {}
        for byte = 0, 255 do
          all_bytes[byte + 1] = string.char(byte)
        end
        all_bytes = table.concat(all_bytes)
        local six_mb = all_bytes:rep(24576)
    "#;
    let output = lua(["-e", &format!("{checks}\n{script}")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_handler_checks_a_request_and_what_it_misuses_names_its_own_line() {
    let run = Function::new(
        "main.lua",
        "local crypto = require('lambda.crypto')
        return { handler = function(event)
          if event.misuse then
            local digest = crypto.sha256(event.misuse)
            return digest
          end
          local ok, reason = crypto.verify_github({
            secret = \"It's a Secret to Everybody\",
            body = event.body,
            signature = event.headers['x-hub-signature-256'],
          })
          return { ok = ok, reason = reason }
        end }",
    )
    .invoke(Event::json(
        r#"{"body":"Hello, World!","headers":{"x-hub-signature-256":
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}}"#,
    ))
    // A GET has no body, and API Gateway says so by a null.
    .invoke(Event::json(
        r#"{"body":null,"headers":{"x-hub-signature-256":"sha256=00"}}"#,
    ))
    .invoke(Event::json(r#"{"misuse":{}}"#))
    .run();
    let posts: Vec<_> = run.posts().into_iter().map(|post| post.json()).collect();
    assert_eq!(posts[0], serde_json::json!({"ok": true}));
    assert_eq!(
        posts[1],
        serde_json::json!({"ok": false, "reason": "the signature does not match"})
    );
    assert_eq!(
        posts[2]["errorMessage"],
        "main.lua:4: bad argument #1 to 'sha256' (string expected, got table)"
    );
}

#[test]
fn what_there_is_no_room_for_is_out_of_memory_before_the_function_s_memory_is_used_up() {
    let run = Function::new(
        "main.lua",
        "local crypto = require('lambda.crypto')
        return { handler = function(event)
          local text = ('A'):rep(event.bytes)
          local ok, err = pcall(crypto[event.name], event.breaks and text .. '\\n' or text)
          if ok then
            return #err
          end
          local status = assert(io.open('/proc/self/status')):read('*a')
          assert(tonumber(status:match('VmHWM:%s*(%d+)')) < 128 * 1024, status)
          assert(tostring(err):find('not enough memory'), err)
          return 'out of memory'
        end }",
    )
    .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
    .invoke(Event::json(r#"{"name":"hex","bytes":33000000}"#))
    .invoke(Event::json(r#"{"name":"base64","bytes":33000000}"#))
    .invoke(Event::json(
        r#"{"name":"from_base64","bytes":32000000,"breaks":true}"#,
    ))
    // There is room without the copy that has no breaks, and for what Lambda takes and gives.
    .invoke(Event::json(r#"{"name":"from_base64","bytes":32000000}"#))
    .invoke(Event::json(r#"{"name":"base64","bytes":6000000}"#))
    .invoke(Event::json(
        r#"{"name":"from_base64","bytes":8000000,"breaks":true}"#,
    ))
    .run();
    let answers: Vec<_> = run.posts().into_iter().map(|post| post.json()).collect();
    let none = serde_json::json!("out of memory");
    assert_eq!(answers[..3], vec![none; 3], "{}", run.transcript());
    assert_eq!(answers[3..], [24_000_000, 8_000_000, 6_000_000]);
}
