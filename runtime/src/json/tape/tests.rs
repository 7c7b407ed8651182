//! Texts to tokens, and faults to their bytes.

use super::*;

fn tokens(text: &str) -> Vec<Token> {
    let mut tape = Tape::default();
    tape.read(text.as_bytes(), 1000)
        .unwrap_or_else(|fault| panic!("{text}: {fault:?}"));
    tape.tokens().to_vec()
}

#[test]
fn a_token_is_sixteen_bytes() {
    assert_eq!(size_of::<Token>(), 16);
}

#[test]
fn containers_carry_their_counts() {
    assert_eq!(
        tokens(r#" {"a" : [1, 2.5, {}], "b":[ ]} "#),
        [
            Token::Object(2),
            Token::Text(Span { at: 3, len: 1 }),
            Token::Array(3),
            Token::Int(1),
            Token::Float(2.5),
            Token::Object(0),
            Token::Text(Span { at: 23, len: 1 }),
            Token::Array(0),
        ]
    );
}

#[test]
fn a_name_that_comes_again_is_kept() {
    let found = tokens(r#"[{"id":1},{"id":2},{"id":3,"x":"id"}]"#);
    assert_eq!(found[2], Token::Keep(1, Span { at: 3, len: 2 }));
    assert_eq!(found[5], Token::Kept(1));
    assert_eq!(found[8], Token::Kept(1));
    assert_eq!(found[11], Token::Text(Span { at: 32, len: 2 }));
}

#[test]
fn a_tape_can_be_used_again_after_a_fault() {
    let mut tape = Tape::default();
    assert!(tape.read(br#"[{"a":1},{"a":["\n"#, 1000).is_err());
    tape.read(br#"{"a":"\t"}"#, 1000).unwrap();
    assert_eq!(tape.tokens()[1], Token::Text(Span { at: 2, len: 1 }));
    assert_eq!(tape.unescaped(), b"\t");
    assert_eq!((tape.depth(), tape.slots()), (1, 0));
}

#[test]
fn faults_stand_at_their_byte() {
    for (text, at) in [
        ("", 0),
        ("  ", 2),
        ("nul", 0),
        ("NaN", 0),
        ("0x10", 1),
        ("[01]", 2),
        ("[1,]", 3),
        ("[1 2]", 3),
        ("[", 1),
        ("{", 1),
        ("{\"a\"}", 4),
        ("{\"a\":1,}", 7),
        ("{a:1}", 1),
        ("[}", 1),
        ("[1}", 2),
        ("\"a\nb\"", 2),
        ("\"abc", 4),
        ("\"\\x\"", 2),
        ("1 1", 2),
        ("\u{feff}1", 0),
        ("'a'", 0),
        ("[1]\0", 3),
        ("1\u{a0}", 1),
    ] {
        let fault = Tape::default().read(text.as_bytes(), 1000).expect_err(text);
        assert_eq!(fault.at, at, "{text}: {}", fault.message);
    }
}

#[test]
fn nesting_stops_at_the_limit() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let nested = |levels: usize| {
            let inner = if open == "[" { "" } else { "1" };
            format!("{}{inner}{}", open.repeat(levels), close.repeat(levels))
        };
        let mut tape = Tape::default();
        tape.read(nested(1000).as_bytes(), 1000).unwrap();
        assert_eq!(tape.depth(), 1000);
        let fault = tape.read(nested(1001).as_bytes(), 1000).unwrap_err();
        assert_eq!(fault.at, 1000 * open.len());
        assert!(tape.read(nested(100_000).as_bytes(), 1000).is_err());
    }
}
