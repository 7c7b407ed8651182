//! Orbit's own samples, unchanged, with Orbit and all it needs as Debian has them. They are written
//! for Lua 5.1 (`module`, `setfenv`), which LuaJIT is.

mod support;

#[path = "wsapi/front.rs"]
mod front;

use std::path::Path;

use front::{FRONTS, Front, Reply, Request};
use support::{Event, Function};

const SAMPLES: &str = "/usr/share/doc/lua-orbit";
const C_MODULES: &str = if cfg!(target_arch = "aarch64") {
    "/usr/lib/aarch64-linux-gnu/lua/5.1/?.so"
} else {
    "/usr/lib/x86_64-linux-gnu/lua/5.1/?.so"
};

/// One of the samples, as a web function.
fn sample(name: &str, handler: &str) -> Function {
    let folder = Path::new(SAMPLES).join(name);
    assert!(folder.exists(), "{SAMPLES} is missing: run `tests/setup`");
    Function::folder(&folder, handler)
        .env("MOONLAYER_MODE", "web")
        .env("LUA_PATH", "/usr/share/lua/5.1/?.lua;;")
        .env("LUA_CPATH", &format!("{C_MODULES};;"))
}

#[track_caller]
fn reply(function: Function, front: Front, request: &Request) -> Reply {
    let event = front.event(request).to_string();
    let run = function.invoke(Event::json(&event)).run();
    let post = run.post();
    assert!(post.path.ends_with("/response"), "{}", run.transcript());
    front.reply(&post.json())
}

#[test]
fn hello_answers_through_every_front_end() {
    // `run` is what Orbit puts into the module.
    for handler in ["hello", "hello.run"] {
        for front in FRONTS {
            let reply = reply(sample("hello", handler), front, &Request::get("/"));
            assert_eq!(reply.status, 200);
            let html = ("content-type".to_owned(), "text/html".to_owned());
            assert!(reply.headers.contains(&html));
            assert_eq!(
                String::from_utf8_lossy(&reply.body),
                "<html ><head ><title>Hello</title></head><body ><p class=\"hello\">Hello World!</p>\
                 </body></html>"
            );
        }
    }
}

#[test]
fn hello_takes_a_name_of_the_path_and_a_greeting_of_the_query() {
    let request = Request::get("/say/Ada").query("greeting", "Good day, ");
    for front in FRONTS {
        let page = reply(sample("hello", "hello"), front, &request).body;
        let page = String::from_utf8_lossy(&page).into_owned();
        assert!(
            page.contains("<p class=\"hello\">Good day, Ada!</p>"),
            "{page}"
        );
    }
}

#[test]
fn what_hello_does_not_have_is_not_found() {
    for front in FRONTS {
        let reply = reply(sample("hello", "hello"), front, &Request::get("/nothing"));
        assert_eq!(reply.status, 404);
        assert!(String::from_utf8_lossy(&reply.body).contains("Not found!"));
    }
}

#[test]
fn songs_lists_them_by_its_template() {
    for front in FRONTS {
        let reply = reply(sample("songs", "songs"), front, &Request::get("/"));
        assert_eq!(reply.status, 200);
        let page = String::from_utf8_lossy(&reply.body);
        assert!(page.contains("<tr><td>Lovely Rita</td></tr>"), "{page}");
    }
}

#[test]
fn its_answers_are_streamed() {
    let event = Front::Url.event(&Request::get("/")).to_string();
    let run = sample("songs", "songs")
        .env("MOONLAYER_INVOKE_MODE", "response_stream")
        .invoke(Event::json(&event))
        .run();
    let chunks = run.post().chunks.as_ref().expect("a streamed response");
    let page = String::from_utf8_lossy(&chunks[2]);
    assert!(page.contains("A Day in the Life"), "{page}");
}
