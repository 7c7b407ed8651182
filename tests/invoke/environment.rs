//! What the function finds in its environment and its context.

use std::process::Command;

use crate::support::Invoke;

fn variable(name: &str) -> Invoke {
    Invoke::body(&format!("return os.getenv {name:?}"))
}

#[test]
fn one_variable_wins_over_the_file_and_the_file_over_the_shell() {
    let stage = || variable("STAGE").shell("STAGE", "shell");
    let with_file = || {
        stage()
            .file("x.env", "STAGE=file\n")
            .args(["--env-file", "x.env"])
    };
    stage().run().responds("\"shell\"");
    with_file().run().responds("\"file\"");
    with_file()
        .args(["--env", "STAGE=one"])
        .run()
        .responds("\"one\"");
    with_file()
        .args(["--env", "STAGE=one", "--env", "STAGE=two=2"])
        .run()
        .responds("\"two=2\"");
}

#[test]
fn an_env_file_has_comments_quotes_and_exports() {
    let file = "# a comment\n\nexport A=1\nB=\"two words\" # more\nC='$A'\nD=\n";
    Invoke::body("local e = os.getenv return {e 'A', e 'B', e 'C', e 'D'}")
        .file("x.env", file)
        .args(["--env-file", "x.env"])
        .run()
        .responds(r#"["1","two words","$A",""]"#);
}

#[test]
fn the_shell_s_lua_is_left_out() {
    for name in [
        "LUA_PATH",
        "LUA_PATH_5_4",
        "LUA_CPATH",
        "LUA_CPATH_5_4",
        "LUA_INIT",
    ] {
        variable(name)
            .shell(name, "nonsense")
            .run()
            .responds("null");
    }
    variable("LUA_PATH")
        .args(["--env", "LUA_PATH=./?.lua;;"])
        .run()
        .responds("\"./?.lua;;\"");
}

#[test]
fn what_another_lambda_left_in_the_shell_does_not_count() {
    Invoke::echo()
        .shell("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1")
        .shell("AWS_LAMBDA_MAX_CONCURRENCY", "8")
        .shell("_HANDLER", "other.handler")
        .shell("LAMBDA_TASK_ROOT", "/nowhere")
        .shell("HTTP_PROXY", "http://127.0.0.1:1")
        .shell("http_proxy", "http://127.0.0.1:1")
        .run()
        .responds("{}");
    let trace = variable("_X_AMZN_TRACE_ID")
        .shell("_X_AMZN_TRACE_ID", "stale")
        .run();
    assert!(trace.stdout.starts_with("\"Root=1-"), "{trace:?}");
}

#[test]
fn the_region_is_the_shell_s_or_us_east_1() {
    let region = || {
        variable("AWS_REGION")
            .without("AWS_REGION")
            .without("AWS_DEFAULT_REGION")
    };
    region().run().responds("\"us-east-1\"");
    region()
        .shell("AWS_REGION", "eu-west-1")
        .run()
        .responds("\"eu-west-1\"");
}

#[test]
fn lambda_s_own_variables_are_there() {
    let names = "_HANDLER AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_INITIALIZATION_TYPE TZ";
    Invoke::body(
        "local all = {} for name in event:gmatch '%S+' do all[#all + 1] = os.getenv(name) end return all",
    )
    .args(["-d", &format!("\"{names}\""), "--memory", "512"])
    .run()
    .responds(r#"["app.handler","$LATEST","512","on-demand",":UTC"]"#);
}

#[test]
fn the_context_is_filled() {
    Invoke::body(
        "assert(#context.aws_request_id == 36)
        assert(context.invoked_function_arn:match ('^arn:aws:lambda:us%-east%-1:123456789012:function:' .. context.function_name:gsub('%-', '%%-') .. '$'))
        assert(context.log_group_name == '/aws/lambda/' .. context.function_name)
        assert(context.log_stream_name:match '^%d+/%d+/%d+/%[%$LATEST%]%x+$')
        assert(context.trace_id:match '^Root=1%-%x+%-%x+;Parent=%x+;Sampled=0')
        local left = context.get_remaining_time_in_millis()
        assert(left > 3000 and left <= 4000, left)
        return {context.function_version, context.memory_limit_in_mb}",
    )
    .without("AWS_REGION")
    .without("AWS_DEFAULT_REGION")
    .args(["--timeout", "4", "--memory", "256"])
    .run()
    .responds(r#"["$LATEST",256]"#);
}

#[test]
fn the_root_may_be_elsewhere_and_is_the_working_directory() {
    let source = "return {handler = function() return io.open('data/x'):read 'a' end}";
    Invoke::handler("src/orders.handler", "error 'not this one'")
        .file("größe 1/src/orders.lua", source)
        .file("größe 1/data/x", "found")
        .args(["--root", "größe 1"])
        .run()
        .responds("\"found\"");
}

#[test]
fn a_relative_root_is_absolute_for_the_function() {
    let invoke = variable("LAMBDA_TASK_ROOT");
    let root = invoke.folder().to_str().expect("text").to_owned();
    invoke
        .args(["--root", "."])
        .run()
        .responds(&format!("{root:?}"));
}

#[test]
fn a_wrapper_starts_the_runtime_that_the_tool_is() {
    let invoke = variable("ADDED").file("written", "#!/bin/sh\nADDED=yes exec \"$@\"\n");
    // Another process makes the program: one that we hold open for writing may be in the hands of a
    // child that a test beside this one has just forked.
    let made = Command::new("sh")
        .args(["-c", "cp written wrapper && chmod 755 wrapper"])
        .current_dir(invoke.folder())
        .status();
    assert!(made.expect("a shell").success());
    let wrapper = invoke.folder().join("wrapper");
    let setting = format!("AWS_LAMBDA_EXEC_WRAPPER={}", wrapper.display());
    invoke.args(["--env", &setting]).run().responds("\"yes\"");
}
