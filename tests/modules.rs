//! Where `require` looks, and what it says when it finds nothing or something broken.

mod support;

use serde_json::json;
use support::{Event, Function, IS_LUAJIT, VERSION};

fn answer(function: Function) -> serde_json::Value {
    let run = function
        .handler("app.handler")
        .invoke(Event::json("{}"))
        .run();
    let post = run.post();
    assert!(post.path.ends_with("/response"), "{}", run.transcript());
    post.json()
}

fn app(body: &str) -> Function {
    Function::new(
        "app.lua",
        format!("return {{ handler = function()\n{body}\nend }}"),
    )
}

/// A file of a rock.
fn rock(name: &str) -> String {
    format!("lua_modules/share/lua/{VERSION}/{name}")
}

#[test]
fn the_task_root_and_its_rocks_are_searched_in_order() {
    let function =
        app("return { require('both'), require('rock'), require('a.b'), (require('pack')) }")
            .file("both.lua", "return 'root'")
            .file(&rock("both.lua"), "return 'rock'")
            .file(&rock("rock.lua"), "return 'rock'")
            .file("a/b.lua", "return ...")
            .file(&rock("pack/init.lua"), "return 'init'");
    assert_eq!(answer(function), json!(["root", "rock", "a.b", "init"]));
}

#[test]
fn package_path_begins_with_the_task_root_and_ends_with_luas_own() {
    let run = app("return { package.path, package.cpath }")
        .handler("app.handler")
        .invoke(Event::json("{}"))
        .run();
    let root = run.root().path().display().to_string();
    let body = run.post().json();
    let path = body[0].as_str().unwrap();
    assert!(path.starts_with(&format!(
        "{root}/?.lua;{root}/?/init.lua;{root}/lua_modules/share/lua/{VERSION}/?.lua;"
    )));
    let end = if IS_LUAJIT {
        ";./?.lua;/usr/local/share/luajit-2.1/?.lua;\
         /usr/local/share/lua/5.1/?.lua;/usr/local/share/lua/5.1/?/init.lua"
    } else {
        ";./?.lua;./?/init.lua"
    };
    assert!(path.ends_with(end), "{path}");
    let cpath = body[1].as_str().unwrap();
    assert!(cpath.starts_with(&format!(
        "{root}/?.so;{root}/lua_modules/lib/lua/{VERSION}/?.so;/opt/lib/lua/{VERSION}/?.so;"
    )));
}

#[test]
fn lua_path_replaces_the_default_and_two_semicolons_stand_for_it() {
    let function = app("return { require('extra'), (require('mine')) }")
        .file("other/extra.lua", "return 'extra'")
        .file("mine.lua", "return 'mine'");
    let folder = function
        .root()
        .path()
        .join("other/?.lua")
        .display()
        .to_string();
    assert_eq!(
        answer(function.env("LUA_PATH", &format!("{folder};;"))),
        json!(["extra", "mine"])
    );

    let function = app("return (pcall(require, 'mine'))").file("mine.lua", "return 1");
    assert_eq!(
        answer(
            function
                .env("LUA_PATH_5_4", "/nowhere/?.lua")
                .env("LUA_PATH", ";;")
        ),
        // No variable of LuaJIT's has a version.
        json!(IS_LUAJIT)
    );
}

// `require` of Lua 5.1 has one result.
#[cfg(feature = "lua54")]
#[test]
fn the_second_result_of_require_is_the_file() {
    let run = app("return select(2, require('lib.x'))")
        .file("lib/x.lua", "return {}")
        .handler("app.handler")
        .invoke(Event::json("{}"))
        .run();
    let file = run.root().path().join("lib/x.lua");
    assert_eq!(run.post().json(), json!(file));
}

#[test]
fn long_paths_stay_whole_in_errors() {
    let name = "a_folder_with_a_rather_long_name/and_another_one";
    let run = app(&format!("require('{}.x')()", name.replace('/', ".")))
        .file(
            &format!("{name}/x.lua"),
            "return function() error('deep') end",
        )
        .handler("app.handler")
        .invoke(Event::json("{}"))
        .run();
    assert_eq!(
        run.post().json()["errorMessage"],
        format!("{name}/x.lua:1: deep")
    );
}

#[test]
fn a_module_that_does_not_parse_is_an_error_at_its_line() {
    let function =
        app("local ok, err = pcall(require, 'bad')\nreturn err").file("bad.lua", "\nreturn +");
    assert!(
        answer(function)
            .as_str()
            .unwrap()
            .starts_with("bad.lua:2: ")
    );
}

#[test]
fn a_module_that_cannot_be_read_is_told() {
    let run = app("return select(2, pcall(require, 'secret'))")
        .file("secret.lua", "return 1")
        .mode("secret.lua", 0)
        .uid(65_534)
        .handler("app.handler")
        .invoke(Event::json("{}"))
        .run();
    let text = run.post().text();
    assert!(text.contains("secret.lua': Permission denied"), "{text}");
}

#[test]
fn built_in_modules_come_first() {
    let function = app("return { require('lambda.json').encode({}), require('lambda')._VERSION }")
        .file("lambda/json.lua", "return 'mine'");
    assert_eq!(answer(function), json!(["{}", env!("CARGO_PKG_VERSION")]));
}

#[test]
fn a_module_that_is_not_there_is_no_built_in_either() {
    let function = app("return (pcall(require, 'lambda.nothing'))");
    assert_eq!(answer(function), json!(false));
}

#[test]
fn cjson_is_there_unless_the_function_has_its_own() {
    let function =
        app("return { require('cjson').encode({1}), type(require('cjson.safe').decode) }");
    assert_eq!(answer(function), json!(["[1]", "function"]));
    let function = app("return (require('cjson'))").file(&rock("cjson.lua"), "return 'mine'");
    assert_eq!(answer(function), json!("mine"));
}

#[test]
fn all_of_luas_libraries_are_there() {
    let names = match IS_LUAJIT {
        false => "coroutine debug io math os package string table utf8",
        true => "bit coroutine debug io jit math os package string table",
    };
    let body = format!(
        "local n = 0\nfor name in ('{names}'):gmatch('%S+') do assert(type(_G[name]) == 'table', name) n = n + 1 end\nreturn n"
    );
    assert_eq!(answer(app(&body)), names.split(' ').count());
}

#[test]
fn errors_of_built_ins_are_strings_with_a_position() {
    let body = "local json = require('lambda.json')\n\
        local ok, err = pcall(function() json.decode('{') end)\n\
        return { type(err), err:match('^app.lua:3: ') ~= nil, (err .. '') == err }";
    assert_eq!(answer(app(body)), json!(["string", true, true]));
}
