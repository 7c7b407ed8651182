//! What `os.exit` does in a handler.

mod support;

use support::{Event, Function};

#[test]
fn os_exit_in_a_handler_is_told_and_ends_the_process() {
    for (call, status) in [
        ("os.exit(3)", 3),
        ("os.exit(0)", 1),
        ("os.exit(true)", 1),
        ("os.exit()", 1),
        ("os.exit(false)", 1),
        ("os.exit(256)", 1),
        ("os.exit(3, true)", 3),
    ] {
        let source =
            format!("return {{ handler = function()\npcall(function() {call} end)\nend }}");
        let run = Function::new("app.lua", source)
            .handler("app.handler")
            .invoke(Event::json("{}"))
            .ends()
            .run();
        assert_eq!(run.exit_code(), status, "{call}");
        let post = run.post();
        assert_eq!(
            post.header("Lambda-Runtime-Function-Error-Type"),
            Some("Runtime.ExitError")
        );
        assert_eq!(post.json()["errorType"], "Runtime.ExitError");
        let shown = call.replace(", true", "");
        assert_eq!(
            post.json()["errorMessage"],
            format!("handler called {shown}")
        );
        assert!(run.stdout().contains(&shown));
    }
}

#[test]
fn os_exit_checks_its_argument_as_luas_does() {
    let source = "return { handler = function()\nos.exit('later')\nend }";
    let run = Function::new("app.lua", source)
        .handler("app.handler")
        .invoke(Event::json("{}"))
        .run();
    let body = run.post().json();
    assert_eq!(
        body["errorMessage"],
        "app.lua:2: bad argument #1 to 'exit' (number expected, got string)"
    );
}
