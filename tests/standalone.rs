//! The stand-alone interpreter, `lua`, against Debian's `lua5.4` or `luajit`: the same arguments,
//! environment and standard input give the same output, exit status and messages.

#[path = "standalone/conversation.rs"]
mod conversation;
#[path = "support/interpreter.rs"]
#[allow(dead_code)]
mod interpreter;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use interpreter::{IS_LUAJIT, PROGRAM, VERSION};

/// One run of an interpreter, in a folder of its own.
struct Run {
    args: Vec<OsString>,
    folder: PathBuf,
    stdin: Vec<u8>,
    variables: Vec<(&'static str, &'static str)>,
}

#[derive(Debug, PartialEq)]
struct Outcome {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Run {
    /// `name` is the test's, and so that of its folder.
    fn new(name: &str, args: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("standalone")
            .join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("the folder of the last run goes");
        }
        fs::create_dir_all(&folder).expect("the target folder is ours");
        let args = args.iter().map(OsString::from).collect();
        Self {
            args,
            folder,
            stdin: Vec::new(),
            variables: Vec::new(),
        }
    }

    fn file(self, name: impl AsRef<OsStr>, text: impl AsRef<[u8]>) -> Self {
        let path = self.folder.join(Path::new(name.as_ref()));
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("as above");
        fs::write(path, text).expect("the target folder is ours");
        self
    }

    fn stdin(mut self, text: &str) -> Self {
        self.stdin = text.into();
        self
    }

    fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    fn ours(&self) -> Outcome {
        let program = self.folder.with_file_name(format!(
            "{}.bin/lua",
            self.folder
                .file_name()
                .expect("it has the test's name")
                .display()
        ));
        fs::create_dir_all(program.parent().expect("it is in a folder")).expect("as above");
        if program.symlink_metadata().is_ok() {
            fs::remove_file(&program).expect("as above");
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_bootstrap"), &program).expect("as above");
        self.outcome(program.as_os_str())
    }

    fn debians(&self) -> Outcome {
        self.outcome(PROGRAM.as_ref())
    }

    fn outcome(&self, program: &OsStr) -> Outcome {
        let mut child = Command::new(program)
            .args(&self.args)
            .env_clear()
            .envs(self.variables.iter().copied())
            .env("PATH", "/usr/bin:/bin")
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}; is it installed?", program.display()));
        // A program that ends early does not read all of it.
        let _ = child
            .stdin
            .take()
            .expect("it is piped")
            .write_all(&self.stdin);
        let output = child.wait_with_output().expect("it was started");
        let text = |bytes: &[u8]| {
            without_addresses(
                &String::from_utf8_lossy(bytes).replace(&*program.to_string_lossy(), "lua"),
            )
        };
        Outcome {
            status: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    #[track_caller]
    fn matches_debians(&self) -> Outcome {
        let ours = self.ours();
        assert_eq!(ours, self.debians(), "{:?}", self.args);
        ours
    }
}

/// LuaJIT shows the address of a C function, `[C]: at 0x55aa…`, which Lua shows as `[C]: in ?`.
fn without_addresses(text: &str) -> String {
    let mut parts = text.split("[C]: at 0x");
    let mut seen = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        seen.push_str("[C]: in ?");
        seen.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    seen
}

/// One test a line: its name is what is held, then the arguments, then what else is given.
macro_rules! as_debians {
    ($($name:ident: $args:expr $(, $given:ident $values:tt)* ;)*) => { $(
        #[test]
        fn $name() {
            Run::new(stringify!($name), &$args)$(.$given $values)*.matches_debians();
        }
    )* };
}

as_debians! {
    text_runs: ["-e", "x = 1", "-eprint(x)"];
    a_failed_text_stops_those_after_it: ["-e", "print(1)", "-e", "error('s')", "-e", "print(3)"];
    an_option_without_its_text_is_told_how: ["-e"];
    an_unknown_option_is_told_the_known: ["-x"];
    a_long_option_is_unknown: ["--help"];
    an_option_with_too_much_is_unknown: ["-vx"];
    a_string_error_has_a_traceback: ["-e", "error('boom')"];
    a_number_error_has_a_traceback: ["-e", "error(4.5)"];
    no_error_value_is_named: ["-e", "error()"];
    a_table_error_is_named: ["-e", "error({})"];
    an_error_that_describes_itself_does: ["-e", "error(setmetatable({}, {__tostring = function() return 'hi' end}))"];
    an_error_that_describes_itself_badly_is_named: ["-e", "error(setmetatable({}, {__tostring = function() return 1 end}))"];
    a_syntax_error_has_no_traceback: ["-e", "x ="];
    a_yield_outside_a_coroutine_fails: ["-e", "coroutine.yield()"];
    the_stack_looks_alike: ["-e", "print(debug.traceback('t'), select(2, coroutine.running()))"];
    exit_statuses_pass: ["-e", "os.exit(3)"];
    exit_true_is_success: ["-e", "os.exit(true)"];
    exit_false_is_failure: ["-e", "os.exit(false)"];
    output_that_is_buffered_is_not_lost: ["-e", "io.stdout:setvbuf('full') io.write('x')"];
    errors_in_errors_end: ["-e", "local function f() error('x') end xpcall(f, function() f() end) print('on')"];
    standard_input_is_a_script: [], stdin("print('in', ..., #arg)");
    a_hyphen_is_standard_input: ["-", "a", "b"], stdin("print(arg[-1] ~= nil, arg[0], ...)");
    a_lone_double_hyphen_changes_nothing: ["--"], stdin("print('in')");
    an_empty_text_reads_no_input: ["-e", ""], stdin("print('in')");
    a_library_alone_leaves_the_input_to_run: ["-l", "string"], stdin("print(string.rep('in', 2))");
    a_script_called_hyphen_follows_a_double_hyphen: ["--", "-"], file("-", "print('file')");
    a_script_has_its_arguments: ["-e", "x = 1", "s.lua", "-a", "b"],
        file("s.lua", "print(x, ...) for i = -2, 3 do print(i, arg[i]) end");
    an_absent_script_is_named: ["no.lua"];
    a_folder_is_no_script: ["."];
    a_hash_line_is_skipped: ["s.lua"], file("s.lua", "#!/usr/bin/lua\nerror('line 2')");
    a_byte_order_mark_is_skipped: ["s.lua"], file("s.lua", b"\xef\xbb\xbf#!x\nprint('bom')");
    frames_are_named: ["s.lua"], file("s.lua", "local function g() error('deep') end\nlocal t = {}\nfunction t.h() g() end\nt.h()");
    bytes_that_are_no_text_pass: ["s.lua"], file("s.lua", b"io.write('\xff\\0') error('d\\xff')");
    the_environment_starts: ["-e", "print(2)"], variable("LUA_INIT", "print('init', arg[0] ~= nil)");
    the_environment_names_a_file: ["-e", "print(2)"], variable("LUA_INIT", "@i.lua"), file("i.lua", "print('file')");
    the_environment_names_an_absent_file: ["-e", "print(2)"], variable("LUA_INIT", "@no.lua");
    a_fault_in_the_environment_ends: ["-e", "print(2)"], variable("LUA_INIT", "x x");
    the_environment_can_be_ignored: ["-E", "-e", "print(2)"], variable("LUA_INIT", "print('init')");
    the_environment_sets_the_path: ["-e", "print(package.path)"], variable("LUA_PATH", "/x/?.lua");
    the_environments_path_can_be_ignored: ["-E", "-e", "print(package.path == '/x/?.lua')"], variable("LUA_PATH", "/x/?.lua");
    the_arguments_may_be_replaced: ["s.lua", "a"], variable("LUA_INIT", "arg = {'q', 'r'}"), file("s.lua", "print(...)");
}

// Finalizers and `__close` of tables, warnings, and what lua.c has beyond luajit.c: globals for `-l`,
// a variable with the version. LuaJIT cuts a stack one frame sooner for a handler written in Lua.
#[cfg(feature = "lua54")]
as_debians! {
    deep_stacks_are_cut: ["s.lua"], file("s.lua", "local function g(n) if n == 0 then error('deep') end g(n - 1) print() end g(40)");
    an_option_followed_by_an_option_is_told_how: ["-l", "-e"];
    an_exit_that_closes_collects: ["-e", "setmetatable({}, {__gc = function() print('gc') end}) os.exit(4, true)"];
    an_exit_that_does_not_close_collects_nothing: ["-e", "setmetatable({}, {__gc = function() print('gc') end}) os.exit(4)"];
    the_end_collects: ["-e", "setmetatable({}, {__gc = function() print('gc') end})"];
    a_failed_finalizer_is_a_warning: ["-W", "-e", "setmetatable({}, {__gc = function() error('gc') end})"];
    warnings_are_off_at_first: ["-e", "warn('a') warn('@on') warn('b', 'c') warn('@off') warn('d')"];
    warnings_can_be_on_at_once: ["-W", "-e", "warn('a', 'b') warn('@odd', '1') warn('@odd') warn('c')"];
    what_is_to_be_closed_is: ["-e", "local t <close> = setmetatable({}, {__close = function() print('closed') end}) error('x')"];
    collection_is_generational: ["-e", "print(collectgarbage('incremental'))"];
    a_library_becomes_a_global: ["-lm", "-e", "print(m.x)"], file("m.lua", "return {x = 1}");
    a_library_takes_another_name: ["-l", "g=m", "-e", "print(g.x, m)"], file("m.lua", "return {x = 1}");
    the_versions_own_variable_goes_first: ["-e", "print(2)"], variable("LUA_INIT", "print('init')"), variable("LUA_INIT_5_4", "error('five')");
    arguments_that_are_no_table_end: ["s.lua", "a"], variable("LUA_INIT", "arg = 1"), file("s.lua", "print(...)");
}

#[cfg(feature = "luajit")]
as_debians! {
    the_compiler_is_turned_off: ["-joff", "-e", "print(jit.status())"];
    the_compiler_takes_its_options: ["-j", "on", "-O1", "-Ohotloop=10", "-O-fold,+cse", "-e", "print(jit.status())"];
    an_unknown_optimization_is_told: ["-Onope"];
    bytecode_is_no_second_option: ["-v", "-b", "x"];
    a_library_makes_no_global: ["-lm", "-e", "print(m)"], file("m.lua", "return {x = 1}");
    an_operand_may_look_like_an_option: ["-e", "-1"];
    no_table_is_no_argument: ["s.lua", "a"], variable("LUA_INIT", "arg = 1"), file("s.lua", "print(...)");
    arguments_are_numbered_without_a_script: ["-e", "for i = -3, 1 do print(i, arg[i] ~= nil) end"];
    finalizers_of_userdata_run_at_the_end: ["-e", "getmetatable(newproxy(true)).__gc = function() print('gc') end"];
    an_error_of_nil_says_nothing: ["-e", "error()"];
}

#[cfg(feature = "luajit")]
#[test]
fn a_module_of_jit_that_is_not_there_is_told() {
    let ours = Run::new("no_module", &["-jnope=1,2"]).ours();
    let said = "lua: unknown luaJIT command or jit.* modules not installed\n";
    assert_eq!((ours.status, &*ours.stderr), (Some(1), said));
    let ours = Run::new("no_bytecode", &["-bl", "x.lua"]).ours();
    assert_eq!((ours.status, &*ours.stderr), (Some(1), said));
    let code = "return { start = function(...) print('started', ...) end }";
    let ours = Run::new("a_module", &["-jmine=1,,3", "-e", ""])
        .variable("LUA_PATH", "./?.lua")
        .file("jit/mine.lua", code)
        .ours();
    assert_eq!(ours.stdout, "started\t1\tnil\t3\n", "{}", ours.stderr);
}

#[test]
fn a_fault_in_a_library_is_reported() {
    let run = Run::new("a_fault_in_a_library", &["-lm", "-e", "print('on')"]);
    let (ours, debians) = {
        let run = run.file("m.lua", "error('in m')");
        (run.ours(), run.debians())
    };
    assert_eq!((ours.status, ours.stdout), (debians.status, debians.stdout));
    assert!(ours.stderr.starts_with("lua: "), "{}", ours.stderr);
    assert!(
        ours.stderr.contains("m.lua:1: in m\nstack traceback:\n"),
        "{}",
        ours.stderr
    );
}

#[test]
fn an_absent_library_is_told_with_where_it_was_sought() {
    let ours = Run::new("an_absent_library", &["-lnope"]).ours();
    assert_eq!((ours.status, &*ours.stdout), (Some(1), ""));
    let (fault, trace) = ours
        .stderr
        .split_once("stack traceback:\n")
        .expect("a traceback");
    assert!(trace.starts_with("\t[C]: in "), "{trace}");
    let (first, sought) = fault.split_once('\n').expect("several lines");
    assert_eq!(first, "lua: module 'nope' not found:");
    assert!(
        sought.lines().all(|line| line.starts_with("\tno f")),
        "{sought}"
    );
    assert!(
        sought.lines().any(|line| line.ends_with("/nope.lua'")),
        "{sought}"
    );
    assert!(
        sought.lines().any(|line| line.ends_with("/nope.so'")),
        "{sought}"
    );
}

#[test]
fn what_the_function_requires_is_there() {
    let code = "print(require('lambda.json').encode({1, 2}), require('rock'))";
    let run = Run::new("function", &["-e", code])
        .variable("LAMBDA_TASK_ROOT", ".")
        .file(
            format!("lua_modules/share/lua/{VERSION}/rock.lua"),
            "return 'rock'",
        );
    let ours = run.ours();
    assert_eq!((&*ours.stderr, ours.status), ("", Some(0)));
    let line = if IS_LUAJIT {
        "[1,2]\trock\n"
    } else {
        "[1,2]\trock\t"
    };
    assert!(ours.stdout.starts_with(line), "{}", ours.stdout);
}

#[test]
fn a_reader_that_goes_ends_it_quietly() {
    let run = Run::new("pipe", &[]);
    run.ours();
    let lua = run.folder.with_file_name("pipe.bin/lua");
    let code = "for i = 1, 1e6 do print(i) end io.stderr:write('went on')";
    let pipe = format!("{} -e \"{code}\" | head -1", lua.display());
    let shell = Run {
        args: ["-c".into(), pipe.into()].into(),
        ..run
    };
    let seen = shell.outcome("sh".as_ref());
    assert_eq!((&*seen.stdout, &*seen.stderr), ("1\n", ""));
}

#[cfg(feature = "lua54")]
#[test]
fn a_suffix_after_a_hyphen_is_no_part_of_the_global() {
    // Debian's 5.4.4 is older than this rule of 5.4.6.
    let run = Run::new("a_suffix", &["-l", "m-v2", "-e", "print(m)"]).file("m-v2.lua", "return 2");
    assert_eq!(run.ours().stdout, "2\n");
}

#[test]
fn arguments_that_are_no_text_pass() {
    let mut run = Run::new("no_text", &["-", "x"]).stdin("print((...):byte(1, -1))");
    run.args[1] = OsStr::from_bytes(b"\xff\xfe").to_owned();
    assert_eq!(run.matches_debians().stdout, "255\t254\n");
}

#[test]
fn a_stack_overflow_is_an_error_like_any() {
    let ours = Run::new(
        "overflow",
        &["-e", "local function f() return 1 + f() end f()"],
    )
    .ours();
    assert_eq!((ours.status, &*ours.stdout), (Some(1), ""));
    let start = "lua: (command line):1: stack overflow\nstack traceback:\n";
    assert!(ours.stderr.starts_with(start), "{}", ours.stderr);
    assert!(
        ours.stderr
            .ends_with("(command line):1: in main chunk\n\t[C]: in ?\n")
    );
}

#[test]
fn the_version_is_luas() {
    let ours = Run::new("version", &["-v"]).stdin("print('in')").ours();
    assert_eq!((ours.status, &*ours.stderr), (Some(0), ""));
    assert!(ours.stdout.starts_with(BANNER.0), "{}", ours.stdout);
    assert!(ours.stdout.ends_with(BANNER.1), "{}", ours.stdout);
}

/// How the version's line starts and ends.
const BANNER: (&str, &str) = if IS_LUAJIT {
    ("LuaJIT 2.1.", " Mike Pall. https://luajit.org/\n")
} else {
    ("Lua 5.4.", " Lua.org, PUC-Rio\n")
};
