//! The conversation that `-i` starts, or a terminal.

use super::interpreter::IS_LUAJIT;
use super::{BANNER, Run};

/// What `-i` prints after the version's line, and says, when it reads `lines`.
#[track_caller]
fn conversation(name: &str, lines: &str) -> (String, String) {
    let ours = Run::new(name, &["-i"]).stdin(lines).ours();
    assert_eq!(ours.status, Some(0));
    let (version, rest) = ours.stdout.split_once('\n').expect("the version is a line");
    assert!(version.starts_with(BANNER.0), "{version}");
    let mut rest = rest;
    if IS_LUAJIT {
        let (compiler, next) = rest.split_once('\n').expect("a line on the compiler");
        assert!(compiler.starts_with("JIT: ON "), "{compiler}");
        rest = next;
    }
    (rest.to_owned(), ours.stderr)
}

#[test]
fn expressions_are_printed_and_statements_run() {
    let (out, err) = conversation("expressions", "=1 + 1, nil\nx = 5\n=x\nreturn 'r'\n\n");
    assert_eq!((&*out, &*err), ("> 2\tnil\n> > 5\n> r\n> > \n", ""));
}

#[test]
fn an_expression_is_printed_as_it_stands_where_the_program_does_that() {
    let (out, err) = conversation("bare", "1 + 1, nil\n7\nio.read()\nhello\n");
    let expected = match IS_LUAJIT {
        false => ("> 2\tnil\n> 7\n> hello\n> \n", 0),
        // To LuaJIT each line, also the one that would be read, is a statement with a fault but the
        // call.
        true => ("> > > > \n", 2),
    };
    assert_eq!((&*out, err.lines().count()), expected, "{err}");
}

#[test]
fn a_statement_may_take_several_lines() {
    let (out, err) = conversation(
        "lines",
        "for i = 1, 2 do\nprint(i)\nend\ny = [[a\nb]]\n=y\n",
    );
    assert_eq!((&*out, &*err), ("> >> >> 1\n2\n> >> > a\nb\n> \n", ""));
}

#[test]
fn a_fault_does_not_end_the_conversation() {
    let (out, err) = conversation("faults", "x x\nerror('e')\n=7\n");
    assert_eq!(out, "> > > 7\n> \n");
    let fault = match IS_LUAJIT {
        false => "syntax error near 'x'",
        true => "'=' expected near 'x'",
    };
    let said = "stdin:1: FAULT\n\
                stdin:1: e\nstack traceback:\n\t[C]: in function 'error'\n\
                \tstdin:1: in main chunk\n\t[C]: in ?\n";
    assert_eq!(err, said.replace("FAULT", fault));
}

#[test]
fn a_statement_that_the_end_cuts_off_is_told() {
    let (out, err) = conversation("cut", "if true then\n");
    assert_eq!(
        (&*out, &*err),
        match IS_LUAJIT {
            false => ("> >> > \n", "stdin:1: 'end' expected near <eof>\n"),
            // luajit.c takes it for the end of the conversation.
            true => ("> >> \n", ""),
        }
    );
}

#[test]
fn prompts_can_be_set() {
    let (out, _) = conversation("prompts", "_PROMPT, _PROMPT2 = '$ ', 2\ndo\nend\n");
    assert_eq!(out, "> $ 2$ \n");
}

#[test]
fn a_print_that_fails_is_told() {
    let (out, err) = conversation("print", "print = function() error('p', 0) end\n=1\n");
    assert_eq!((&*out, &*err), ("> > > \n", "error calling 'print' (p)\n"));
}

#[test]
fn the_code_shares_the_input() {
    let (out, _) = conversation("input", "=io.read()\nhello\n");
    assert_eq!(out, "> hello\n> \n");
}

#[test]
fn a_script_goes_before_the_conversation() {
    let run = Run::new("before", &["-i", "s.lua", "q"])
        .file("s.lua", "x = ...")
        .stdin("=x\n");
    let ours = run.ours();
    assert!(ours.stdout.ends_with("\n> q\n> \n"), "{}", ours.stdout);
    let run = Run::new("before", &["-i", "s.lua"])
        .file("s.lua", "error('no')")
        .stdin("=x\n");
    let ours = run.ours();
    assert_eq!(ours.status, Some(1));
    assert!(
        !ours.stdout.contains("> "),
        "no conversation after a failure: {}",
        ours.stdout
    );
}

#[test]
fn a_terminal_starts_a_conversation() {
    let run = Run::new("terminal", &[]).stdin("=6 * 7\n");
    run.ours();
    let lua = run.folder.with_file_name("terminal.bin/lua");
    let script = Run {
        args: ["-qec".into(), lua.into_os_string(), "/dev/null".into()].into(),
        stdin: b"=6 * 7\n\x04".into(),
        ..run
    };
    let seen = script.outcome("script".as_ref());
    assert_eq!(seen.status, Some(0));
    assert!(seen.stdout.contains(BANNER.0), "{}", seen.stdout);
    assert!(seen.stdout.contains("> 42\r\n> "), "{}", seen.stdout);
}
