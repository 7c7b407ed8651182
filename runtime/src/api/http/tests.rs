//! The connection against servers that answer byte by byte.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Instant;

use super::*;

/// Serves each connection its answers, one a request; every request ends at `\r\n\r\n`.
fn server(connections: Vec<Vec<&'static [u8]>>) -> Connection {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || {
        for answers in connections {
            let (mut stream, _) = listener.accept().unwrap();
            for answer in answers {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    stream.read_exact(&mut byte).unwrap();
                    request.push(byte[0]);
                }
                // Byte by byte: an answer may be cut anywhere.
                for byte in answer {
                    stream.write_all(&[*byte]).unwrap();
                }
            }
        }
    });
    Connection::new(&host)
}

fn ask(connection: &mut Connection, repeatable: bool) -> Result<(u16, String), String> {
    let mut body = Vec::new();
    match connection.exchange(b"GET / HTTP/1.1\r\n\r\n", b"", repeatable, &mut body) {
        Ok(head) => Ok((head.status, String::from_utf8(body).unwrap())),
        Err(failure) => Err(failure.message),
    }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[test]
fn a_body_of_a_given_length_is_read_and_the_connection_kept() {
    let mut connection = server(vec![vec![OK, OK]]);
    assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
    assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
}

#[test]
fn a_chunked_body_is_joined_and_its_trailers_dropped() {
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
        4;x=y\r\nWiki\r\nA\r\npedia in\r\n\r\n0\r\nX: y\r\n\r\n";
    let mut connection = server(vec![vec![chunked, OK]]);
    assert_eq!(
        ask(&mut connection, true),
        Ok((200, "Wikipedia in\r\n".to_owned()))
    );
    assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
}

#[test]
fn a_body_without_length_ends_with_the_connection() {
    let until_close = b"HTTP/1.1 200 OK\r\n\r\nall of it";
    let mut connection = server(vec![vec![until_close], vec![OK]]);
    assert_eq!(
        ask(&mut connection, true),
        Ok((200, "all of it".to_owned()))
    );
    assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
}

#[test]
fn informational_heads_are_passed_over_and_204_has_no_body() {
    let head = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
    let mut connection = server(vec![vec![head, OK]]);
    assert_eq!(ask(&mut connection, true), Ok((204, String::new())));
    assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
}

#[test]
fn a_kept_connection_that_the_server_closed_is_replaced_once() {
    let mut connection = server(vec![vec![OK], vec![OK]]);
    assert_eq!(ask(&mut connection, false), Ok((200, "ok".to_owned())));
    assert_eq!(ask(&mut connection, false), Ok((200, "ok".to_owned())));
}

#[test]
fn half_an_answer_is_asked_again_only_for_what_may_be_sent_twice() {
    let half: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no";
    let mut connection = server(vec![vec![OK, half], vec![OK]]);
    assert!(ask(&mut connection, true).is_ok());
    assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));

    let mut connection = server(vec![vec![OK, half], vec![OK]]);
    assert!(ask(&mut connection, false).is_ok());
    let failure = ask(&mut connection, false).unwrap_err();
    assert_eq!(
        failure,
        "it closed the connection in the middle of an answer"
    );
}

#[test]
fn a_new_connection_that_fails_is_a_failure() {
    let mut connection = server(vec![vec![]]);
    assert!(ask(&mut connection, true).is_err());
    let mut nobody = Connection::new("127.0.0.1:1");
    assert!(
        ask(&mut nobody, true)
            .unwrap_err()
            .starts_with("cannot connect: ")
    );
}

#[test]
fn what_is_not_http_is_named() {
    let mut connection = server(vec![vec![b"SSH-2.0-OpenSSH\r\n\r\n"]]);
    assert!(ask(&mut connection, true).unwrap_err().contains("not HTTP"));
}

#[test]
fn empty_fields_are_absent_and_names_have_any_case() {
    let head = b"HTTP/1.1 200 OK\r\nX-Empty: \r\ncOnTent-LENGTH: 0\r\n\r\n";
    let mut connection = server(vec![vec![head]]);
    let mut body = Vec::new();
    let head = connection
        .exchange(b"GET / HTTP/1.1\r\n\r\n", b"", true, &mut body)
        .unwrap();
    assert_eq!(
        (head.field("x-empty"), head.field("Content-Length")),
        (None, Some("0"))
    );
}

#[test]
fn a_host_without_a_port_has_port_80() {
    assert_eq!(Connection::new("localhost").host, "localhost:80");
    assert_eq!(Connection::new("[::1]").host, "[::1]:80");
    assert_eq!(Connection::new("[::1]:9001").host, "[::1]:9001");
}

#[test]
fn a_request_sent_in_pieces_finds_out_that_the_kept_connection_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut connection = Connection::new(&listener.local_addr().unwrap().to_string());
    let first = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 18]).unwrap();
        stream.write_all(OK).unwrap();
        (stream, listener)
    });
    assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
    let (stream, listener) = first.join().unwrap();
    drop(stream);

    let mut outgoing = connection.begin().unwrap();
    let second = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 3]).unwrap();
        stream.write_all(OK).unwrap();
    });
    let mut sent = 0;
    let mut parts = [IoSlice::new(b"abc")];
    outgoing.send(&mut parts, &mut sent, &|| false).unwrap();
    assert_eq!(sent, 3);
    let mut answer = Vec::new();
    assert_eq!(outgoing.answer(&mut answer).unwrap(), 200);
    assert_eq!(answer, b"ok");
    second.join().unwrap();
}

#[test]
fn a_request_sent_in_pieces_takes_the_connection_that_is_open() {
    let mut connection = server(vec![vec![OK, OK], vec![OK]]);
    assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
    let mut outgoing = connection.begin().unwrap();
    let mut parts = [IoSlice::new(b"POST\r\n\r\n")];
    outgoing.send(&mut parts, &mut 0, &|| false).unwrap();
    assert_eq!(outgoing.answer(&mut Vec::new()).unwrap(), 200);
    // The server takes the second connection only after the first has had its two requests.
    assert_eq!(ask(&mut connection, true), Ok((200, "ok".to_owned())));
}

#[test]
fn a_server_that_does_not_read_or_answer_is_left_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut connection = Connection::new(&listener.local_addr().unwrap().to_string());
    let soon = || Some(Instant::now() + Duration::from_millis(20));
    let large = vec![b'x'; 64 * 1024 * 1024];

    let mut outgoing = connection.begin().unwrap();
    outgoing.end_by(soon());
    let mut sent = 0;
    let mut parts = [IoSlice::new(&large)];
    let error = outgoing.send(&mut parts, &mut sent, &|| false).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!((1..large.len()).contains(&sent), "{sent}");
    // The time is up: not another byte is tried.
    let mut parts = [IoSlice::new(b"x")];
    let error = outgoing.send(&mut parts, &mut 0, &|| false).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);

    let mut outgoing = connection.begin().unwrap();
    outgoing.end_by(soon());
    let error = outgoing.answer(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}
