//! Forms with files: multipart/form-data as clients send it, and as they should not.

use std::time::Duration;

use serde_json::{Value, json};

use super::support::*;

const READ: &str = "local fields, files = req:form()\nreturn { fields, files }";

/// A form with the boundary `XX`, of text whose lines end with CRLF on the wire.
fn form(text: &str) -> Value {
    post(
        "multipart/form-data; boundary=XX",
        text.replace('\n', "\r\n"),
    )
}

/// A part whose headers follow `Content-Disposition: form-data; `.
fn part(headers: &str, content: &str) -> String {
    format!("--XX\nContent-Disposition: form-data; {headers}\n\n{content}\n")
}

#[track_caller]
fn refused(event: &Value) -> String {
    let (status, said, record) = refusal(READ, event);
    assert_eq!(status, 400, "{said}");
    let message = said["message"].as_str().expect("a message").to_owned();
    assert!(
        record.contains(&format!("answered with 400: {message} ")),
        "{record}"
    );
    message
}

#[test]
fn fields_and_files_are_apart() {
    let text = part("name=\"title\"", "Gr\u{fc}n\nzwei")
        + &part(
            "name=\"photo\"; filename=\"a.png\"\nContent-Type: image/png",
            "\u{1}PNG",
        )
        + &part("name=\"empty\"", "")
        + "--XX--\n";
    let photo = json!({ "name": "photo", "filename": "a.png", "full_path": "a.png",
        "content_type": "image/png", "body": "\u{1}PNG" });
    let expected = json!([{ "title": "Gr\u{fc}n\r\nzwei", "empty": "" }, { "photo": photo }]);
    assert_eq!(value(READ, &form(&text)), expected);
}

#[test]
fn every_byte_of_a_file_is_kept() {
    let mut bytes: Vec<u8> = (0..=255).collect();
    // What is nearly a boundary is content.
    bytes.extend(b"\r\n--X\r\n--XXY\r\n--XX-\r\n--XX--no\r\n\r\n\n--XX\r\n");
    let mut body = b"--XX\r\nContent-Disposition: form-data; name=f; filename=b\r\n\r\n".to_vec();
    body.extend(&bytes);
    body.extend(b"\r\n--XX--\r\n");
    let read = "local _, files = req:form()\nreturn files.f.body";
    let answer = answer(read, &post("multipart/form-data; boundary=XX", body));
    assert_eq!(answer["body"], base64(&bytes));
}

#[test]
fn several_of_one_name_are_all_given() {
    let text = part("name=\"f\"; filename=\"1\"", "a")
        + &part("name=\"f\"; filename=\"2\"", "b")
        + &part("name=\"x\"", "1")
        + &part("name=\"x\"", "2")
        + "--XX--";
    let read = "local fields, files = req:form()\nlocal all = req:form_all('f')\n\
        return { fields.x, files.f.filename, #all, all[1].filename, all[2].body, req:form_all('x') }";
    assert_eq!(
        value(read, &form(&text)),
        json!(["2", "2", 2, "1", "b", ["1", "2"]])
    );
}

#[test]
fn names_are_read_as_browsers_and_others_write_them() {
    let cases = [
        // Browsers.
        (
            "name=\"a\"; filename=\"x %22y%22 50%41.txt\"",
            "x \"y\" 50%41.txt",
        ),
        // By backslash, as older ones and curl do.
        ("name=\"a\"; filename=\"x \\\"y\\\\z.txt\"", "z.txt"),
        ("name=\"a\"; filename=\"a;b=c.txt\"", "a;b=c.txt"),
        ("name=a; filename=plain.txt", "plain.txt"),
        ("NAME=\"a\" ; FileName = \"up.txt\"", "up.txt"),
        // RFC 8187, which wins.
        (
            "name=\"a\"; filename=\"na_ve.txt\"; filename*=UTF-8''na%C3%AFve.txt",
            "na\u{ef}ve.txt",
        ),
        ("name=\"a\"; filename*=iso-8859-1'en'%FC.txt", "\u{fc}.txt"),
        (
            "name=\"a\"; filename=\"kept.txt\"; filename*=koi8-r''%FC.txt",
            "kept.txt",
        ),
        (
            "name=\"a\"; filename=\"kept.txt\"; filename*=nonsense",
            "kept.txt",
        ),
        // A client's folders.
        ("name=\"a\"; filename=\"../../etc/passwd\"", "passwd"),
        ("name=\"a\"; filename=\"C:\\Users\\ada\\up.txt\"", "up.txt"),
        // A header that goes on in the next line.
        ("name=\"a\";\n filename=\"folded.txt\"", "folded.txt"),
        ("name=\"a\"; filename=\"never closed", "never closed"),
    ];
    for (headers, filename) in cases {
        let read = "local _, files = req:form()\nreturn { files.a.filename, files.a.body }";
        let text = part(headers, "x") + "--XX--";
        assert_eq!(
            value(read, &form(&text)),
            json!([filename, "x"]),
            "{headers}"
        );
    }
    let text = part("name=\"a%22b[0]\"; filename=\"dir/up.txt\"", "x") + "--XX--";
    let read = "local _, files = req:form()\nreturn files['a\"b[0]'].full_path";
    assert_eq!(answer(read, &form(&text))["body"], "dir/up.txt");
}

#[test]
fn a_file_that_was_not_chosen_is_none_and_an_empty_one_is_one() {
    let text = part("name=\"a\"; filename=\"\"", "")
        + &part("name=\"b\"; filename=\"e.txt\"", "")
        + "--XX--";
    let read = "local _, files = req:form()\n\
        return { tostring(files.a), #files.b.body, files.b.content_type, #req:form_all('a') }";
    assert_eq!(
        value(read, &form(&text)),
        json!(["nil", 0, "text/plain", 0])
    );
}

#[test]
fn boundaries_may_be_quoted_and_padded_and_lines_may_end_with_lf() {
    let text = "ignored\n--X X  \nContent-Disposition: form-data; name=a\n\n1\n--X X--\t\nignored";
    let quoted = "Multipart/Form-Data; charset=utf-8; BOUNDARY=\"X X\"";
    assert_eq!(
        value(READ, &post(quoted, text.replace('\n', "\r\n"))),
        json!([{ "a": "1" }, {}])
    );
    assert_eq!(value(READ, &post(quoted, text)), json!([{ "a": "1" }, {}]));
    // One line break between headers and boundary.
    let short = "--XX\nContent-Disposition: form-data; name=a\n\n--XX--";
    assert_eq!(value(READ, &form(short)), json!([{ "a": "" }, {}]));
    assert_eq!(value(READ, &form("--XX--")), json!([{}, {}]));
}

#[test]
fn a_multipart_within_a_part_stays_as_it_is() {
    let inner = "--YY\nContent-Disposition: file\n\nx\n--YY--";
    let text = part(
        "name=\"a\"\nContent-Type: multipart/mixed; boundary=YY",
        inner,
    ) + "--XX--";
    assert_eq!(
        value(READ, &form(&text))[0]["a"],
        inner.replace('\n', "\r\n")
    );
}

#[test]
fn the_charset_of_a_part_is_heeded() {
    let mut body = b"--XX\r\nContent-Disposition: form-data; name=a\r\n\
        Content-Type: text/plain; charset=ISO-8859-1\r\n\r\n"
        .to_vec();
    body.extend(b"\xfc\r\n--XX--");
    let read = "return (req:form())";
    let sent = post("multipart/form-data; boundary=XX", body);
    assert_eq!(value(read, &sent), json!({ "a": "\u{fc}" }));
    let text = part("name=\"a\"\nContent-Type: text/plain; charset=utf-7", "x") + "--XX--";
    let (status, _, _) = refusal(READ, &form(&text));
    assert_eq!(status, 415);
    // A file's bytes are its own.
    let text = part(
        "name=\"a\"; filename=f\nContent-Type: text/plain; charset=utf-7",
        "x",
    ) + "--XX--";
    assert_eq!(value(READ, &form(&text))[1]["a"]["body"], "x");
}

#[test]
fn a_body_that_never_ends_is_a_bad_request() {
    let whole = part("name=\"a\"", "1") + &part("name=\"b\"", "2");
    let never = "part 2 of the form never ends: its closing boundary is missing";
    assert_eq!(refused(&form(&whole)), never);
    assert_eq!(refused(&form(&(whole.clone() + "--XX"))), never);
    assert_eq!(refused(&form(&(whole.clone() + "--XX-"))), never);
    assert_eq!(
        refused(&form(&(whole.clone() + "--XX\nContent-Disp"))),
        "part 3 of the form ends within its headers, and the form with it"
    );
    assert_eq!(
        refused(&form(&(whole + "--XX\n"))),
        "part 3 of the form ends within its headers, and the form with it"
    );
}

#[test]
fn malformed_parts_are_bad_requests() {
    let nameless = "part 1 of the form has no name: a header like Content-Disposition: form-data; \
        name=\"a\"";
    for headers in [
        "",
        "Content-Type: text/plain\n",
        "Content-Disposition: form-data\n",
        "Content-Disposition: attachment; name=\"a\"\n",
        "nonsense\n",
        ": x\n",
    ] {
        assert_eq!(
            refused(&form(&format!("--XX\n{headers}\nx\n--XX--"))),
            nameless,
            "{headers}"
        );
    }
    let no_blank = "part 1 of the form has no blank line behind its headers";
    let text = "--XX\nContent-Disposition: form-data; name=a\n".to_owned() + &part("name=b", "x");
    assert_eq!(refused(&form(&(text + "--XX--"))), no_blank);
    let text = format!("--XX\n{}\nx\n--XX--", "X-Long: 1\n".repeat(2000));
    assert_eq!(refused(&form(&text)), no_blank);
    let text = part("name=a\nContent-Transfer-Encoding: base64", "aGk=") + "--XX--";
    assert_eq!(
        refused(&form(&text)),
        "part 1 of the form has the transfer encoding \"base64\"; parts of forms have none"
    );
    let text = part("name=a\nContent-Transfer-Encoding: 8BIT", "x") + "--XX--";
    assert_eq!(value(READ, &form(&text))[0]["a"], "x");
}

#[test]
fn a_form_without_its_boundary_is_a_bad_request() {
    let whole = part("name=\"a\"", "1") + "--XX--";
    for content_type in [
        "multipart/form-data".to_owned(),
        "multipart/form-data; boundary=".to_owned(),
        "multipart/form-data; boundary=\"\"".to_owned(),
        format!("multipart/form-data; boundary={}", "x".repeat(71)),
    ] {
        let message = refused(&post(&content_type, &whole));
        assert_eq!(
            message,
            "the form's content type has no boundary of 1 to 70 characters"
        );
    }
    let other = "the form's body does not have the boundary that its content type names";
    for (boundary, body) in [
        ("YY", whole.as_str()),
        ("X", &whole),
        ("XX", ""),
        ("XX", "x"),
        ("%w+", &whole),
    ] {
        let content_type = format!("multipart/form-data; boundary={boundary}");
        assert_eq!(refused(&post(&content_type, body)), other, "{boundary}");
    }
}

#[test]
fn ten_thousand_parts_are_too_many_unless_they_are_asked_for() {
    let text = part("name=\"a\"", "1").repeat(10_000) + "--XX--";
    let (status, said, _) = refusal(READ, &form(&text));
    assert_eq!(
        (status, &said["message"]),
        (json!(413), &json!("the form has more than 1000 fields"))
    );
    let read = "req:form({ max_fields = 10000 })\nreturn { #req:form_all('a') }";
    assert_eq!(value(read, &form(&text)), json!([10_000]));
}

#[test]
fn hostile_bodies_take_no_longer_than_others() {
    let head = "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\n";
    let padded = format!("\r\n--XX{}", " ".repeat(1000));
    for body in [
        head.to_owned() + &"\r\n--X".repeat(500_000),
        head.to_owned() + &padded.repeat(2500),
        head.to_owned() + "\r\n--XX" + &" ".repeat(2_500_000),
        head.to_owned() + &"\r\n--XX-".repeat(350_000),
        "\r\n--X".repeat(500_000),
        head.to_owned() + &"\r".repeat(2_500_000),
        format!(
            "--XX\r\nContent-Disposition: form-data{}\r\n\r\n",
            "; a=\"".repeat(3000)
        ),
        format!(
            "--XX\r\nContent-Disposition: form-data; filename=\"{}/\r\n\r\n\r\n--XX--",
            "\\".repeat(16_000)
        ),
        format!(
            "--XX\r\nContent-Disposition:{}\r\n\r\n\r\n--XX--",
            "\r\n ".repeat(5000)
        ),
    ] {
        let sent = post("multipart/form-data; boundary=XX", body);
        // The deadline would interrupt what is quadratic.
        let event = Event::json(sent.to_string()).left(Duration::from_secs(10));
        let answer = answer_of(&handler(READ).invoke(event).run());
        assert_eq!(answer["statusCode"], 400);
    }
}
