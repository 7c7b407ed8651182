//! What the samples keep from one event to the next, as long as their process lives.

use serde_json::{Value, json};

use super::{
    function,
    support::{Event, Sample},
};

/// The answers of one process to events of a sample, with their bodies as JSON.
#[track_caller]
fn answers(sample: &Sample, events: &[Value]) -> Vec<Value> {
    let mut function = function(sample);
    for event in events {
        function = function.invoke(Event::json(event.to_string()));
    }
    let run = function.run();
    assert_eq!(run.posts().len(), events.len(), "{}", run.transcript());
    let answer = |answer: Value| match answer["body"].as_str() {
        Some(body) => serde_json::from_str(body).unwrap_or_else(|_| answer["statusCode"].clone()),
        None => answer,
    };
    run.posts().iter().map(|post| answer(post.json())).collect()
}

/// The event of a case.
#[track_caller]
fn event(sample: &Sample, name: &str) -> Value {
    let case = sample.cases.iter().find(|case| case.name == name);
    let case = case.unwrap_or_else(|| panic!("{} has no {name}", sample.name));
    serde_json::from_slice(&case.event).expect("an event of JSON")
}

#[test]
fn who_has_joined_a_room_is_told_what_the_others_say_until_they_leave() {
    let chat = Sample::read("chat");
    let sends = |case, connection, body: Value| {
        let mut event = event(&chat, case);
        event["requestContext"]["connectionId"] = connection;
        event["body"] = body.to_string().into();
        event
    };
    let [ada, bo] = [json!("a="), json!("b=")];
    let join = |id: &Value, name| {
        let body = json!({ "action": "join", "room": "lamps", "name": name });
        sends("event.json", id.clone(), body)
    };
    let say = || {
        let body = json!({ "action": "say", "text": "Hi" });
        sends("event.json", ada.clone(), body)
    };
    let leaves = sends("disconnect.event.json", bo.clone(), Value::Null);
    let events = [join(&ada, "Ada"), join(&bo, "Bo"), say(), leaves, say()];
    let said = answers(&chat, &events);
    assert_eq!(said[0], json!({ "joined": "lamps", "here": ["Ada"] }));
    assert_eq!(said[1], json!({ "joined": "lamps", "here": ["Ada", "Bo"] }));
    assert_eq!(said[2], json!({ "said": "Hi", "by": "Ada", "to": ["b="] }));
    assert_eq!(said[4], json!({ "said": "Hi", "by": "Ada", "to": [] }));
}

#[test]
fn a_phone_is_told_how_far_it_has_moved_and_again_when_it_asks_again() {
    let location = Sample::read("location");
    let vienna = event(&location, "event.json");
    let mut graz = vienna.clone();
    graz["body"] = json!({ "lat": 47.0707, "lon": 15.4395, "tst": 1_795_198_524 })
        .to_string()
        .into();
    let said = answers(&location, &[vienna.clone(), graz.clone(), graz, vienna]);
    assert_eq!(said[0], json!({ "points": 1, "moved_m": 0 }));
    assert_eq!(said[1], json!({ "points": 1, "moved_m": 144_526 }));
    assert_eq!(said[2], said[1]);
    assert_eq!(said[3], said[1], "a point that is older than the last");
}

#[test]
fn a_task_that_was_posted_is_found_until_it_was_deleted() {
    let crud = Sample::read("crud");
    let post = event(&crud, "post.event.json");
    let mut get = event(&crud, "get.event.json");
    // Three are there from the start.
    get["rawPath"] = "/tasks/4".into();
    let mut delete = get.clone();
    delete["requestContext"]["http"]["method"] = "DELETE".into();
    let mut open = event(&crud, "event.json");
    open["rawQueryString"] = "done=false".into();
    let mut put = event(&crud, "put.event.json");
    put["rawPath"] = get["rawPath"].clone();
    let events = [post, get.clone(), open, put, get.clone(), delete, get];
    let said = answers(&crud, &events);
    let task = json!({ "id": "4", "title": "Read the log", "done": false });
    assert_eq!(said[..2], [task.clone(), task.clone()]);
    let open = said[2]["tasks"].as_array().expect("a list");
    assert_eq!(open.iter().filter(|each| **each == task).count(), 1);
    assert_eq!(open.len(), 3, "two that were there");
    let task = json!({ "id": "4", "title": "Rest", "done": false });
    assert_eq!(said[3..5], [task.clone(), task]);
    assert_eq!(said[5], 204);
    assert_eq!(said[6]["message"], "there is no task 4");
}
