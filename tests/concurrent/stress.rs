//! Thousands of events of all kinds.

use std::collections::BTreeSet;

use serde_json::json;

use crate::{
    answers, invoked, records,
    support::{Event, Function},
};

const SOURCE: &str = r#"
local log = require("lambda.log")

local function fail(n)
  error({ type = "Failed", message = "no " .. n })
end

return {
  handler = function(n, context)
    print("begin " .. n)
    if n % 7 == 1 then
      fail(n)
    elseif n % 7 == 2 then
      coroutine.wrap(fail)(n)
    elseif n % 7 == 3 then
      log.with({ n = n }).info("with", { again = { n } })
    elseif n % 7 == 4 then
      return nil, "no " .. n
    elseif n % 7 == 5 then
      pcall(os.exit, n)
    elseif n % 7 == 6 then
      local garbage = {}
      for i = 1, 200 do
        garbage[i] = ("x"):rep(i)
      end
      return { n = n, text = table.concat(garbage) }
    end
    return { n = n, id = context.aws_request_id }
  end,
}
"#;

/// How many events; `STRESS_EVENTS` asks for more.
fn count() -> usize {
    match std::env::var("STRESS_EVENTS") {
        Ok(count) => count.parse().expect("STRESS_EVENTS is a number"),
        Err(_) => 2_000,
    }
}

#[test]
fn every_answer_and_every_record_belongs_to_its_event() {
    let count = count();
    let function = Function::new("main.lua", SOURCE).concurrency(8).piped();
    let events = (1..=count).map(|n| Event::json(n.to_string()));
    let run = invoked(function, events).run();
    let answers = answers(&run);
    assert_eq!(answers.len(), count);
    for n in 1..=count {
        let id = format!("request-{n}");
        let answer = &answers[&id];
        match n % 7 {
            1 | 2 | 4 => assert_eq!(answer["errorMessage"], format!("no {n}")),
            5 => assert_eq!(
                answer["errorMessage"],
                format!("handler called os.exit({n})")
            ),
            6 => assert_eq!(
                (&answer["n"], answer["text"].as_str().map(str::len)),
                (&json!(n), Some(20_100))
            ),
            _ => assert_eq!(*answer, json!({ "n": n, "id": id })),
        }
    }
    let records = records(&run);
    let mut begun = 0;
    for record in &records {
        let id = record["requestId"].as_str().expect("an id");
        let n = id.strip_prefix("request-").expect("an event's id");
        match record["message"].as_str() {
            Some("with") => assert_eq!(record["n"], n.parse::<usize>().expect("a number")),
            Some(message) => {
                assert!(
                    message.ends_with(&format!(" {n}")) || message.ends_with(&format!("({n})")),
                    "{record}"
                );
                begun += usize::from(message.starts_with("begin "));
            }
            None => panic!("{record}"),
        }
    }
    assert_eq!(begun, count);
    let connections: BTreeSet<_> = run.posts().iter().map(|post| post.connection).collect();
    assert_eq!(connections.len(), 8, "every loop had some of them");
}
