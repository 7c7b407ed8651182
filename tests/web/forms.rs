//! Forms as browsers send them by default, and what is no form.

use serde_json::{Value, json};

use super::support::*;

const URLENCODED: &str = "application/x-www-form-urlencoded";
const READ: &str = "local fields, files = req:form()\nlocal all = {}\n\
    for name in pairs(fields) do all[name] = req:form_all(name) end\n\
    return { fields, all, files }";

#[test]
fn fields_are_decoded_and_the_last_of_a_name_counts() {
    let body = "a=1&name=J%C3%BCrgen+M&a=2&flag&e=&list[]=x&list[]=y&o[k]=v&%26=%3D&=empty&a=3";
    let fields = json!({ "a": "3", "name": "J\u{fc}rgen M", "flag": "", "e": "", "list[]": "y",
        "o[k]": "v", "&": "=", "": "empty" });
    let all = json!({ "a": ["1", "2", "3"], "name": ["J\u{fc}rgen M"], "flag": [""], "e": [""],
        "list[]": ["x", "y"], "o[k]": ["v"], "&": ["="], "": ["empty"] });
    for content_type in [
        URLENCODED,
        "Application/X-WWW-Form-URLEncoded; Charset=\"UTF-8\"",
    ] {
        assert_eq!(
            value(READ, &post(content_type, body)),
            json!([fields, all, {}])
        );
    }
}

#[test]
fn forms_are_the_same_from_every_front_end() {
    for name in ALL {
        let mut sent = changed(
            name,
            json!({ "body": base64(b"a=1"), "isBase64Encoded": true }),
        );
        match name {
            REST | ALB_MULTI => sent["multiValueHeaders"]["Content-Type"] = json!([URLENCODED]),
            _ => sent["headers"]["content-type"] = json!(URLENCODED),
        }
        assert_eq!(
            value("return (req:form())", &sent),
            json!({ "a": "1" }),
            "{name}"
        );
    }
}

#[test]
fn a_form_is_read_once_and_given_again() {
    let body = "local one, two = req:form(), req:form()\none.new = 'x'\n\
        return { one == two, two.new, req:form_all('a'),\n\
         json.array(req:form_all('b')) }";
    assert_eq!(
        value(body, &post(URLENCODED, "a=1&a=2")),
        json!([true, "x", ["1", "2"], []])
    );
    // Also by form_all alone.
    let body = "return { req:form_all('a'), req:form_all('a') }";
    assert_eq!(value(body, &post(URLENCODED, "a=1")), json!([["1"], ["1"]]));
}

#[test]
fn an_empty_body_is_a_form_without_fields() {
    assert_eq!(value(READ, &post(URLENCODED, "")), json!([{}, {}, {}]));
    let mut none = post(URLENCODED, "");
    none["body"] = json!(null);
    assert_eq!(value(READ, &none), json!([{}, {}, {}]));
    assert_eq!(value(READ, &post(URLENCODED, "&&&")), json!([{}, {}, {}]));
}

#[test]
fn other_charsets_are_decoded_or_refused() {
    let latin = format!("{URLENCODED}; charset=ISO-8859-1");
    let sent = post(&latin, "a=%FC&b=%BF&a=x");
    assert_eq!(
        value(READ, &sent)[1],
        json!({ "a": ["\u{fc}", "x"], "b": ["\u{bf}"] })
    );
    let koi8 = format!("{URLENCODED}; charset=koi8-r");
    let (status, said, _) = refusal(READ, &post(&koi8, "a=b"));
    assert_eq!(status, 415);
    let message = "the form has the charset \"koi8-r\"; it has to be UTF-8 or ISO-8859-1";
    assert_eq!(said["message"], message);
}

#[test]
fn a_percent_sign_that_encodes_nothing_stays_and_is_logged() {
    let run = run("return (req:form())", [&post(URLENCODED, "a=100%&%zz=%4")]);
    let body: Value =
        serde_json::from_str(answer_of(&run)["body"].as_str().expect("a body")).expect("JSON");
    assert_eq!(body, json!({ "a": "100%", "%zz": "%4" }));
    let expected = "\tWARN\tthe request's form has a percent sign that encodes nothing; it stays \
        as it is method=POST path=/greet\n";
    assert!(run.stdout().ends_with(expected), "{}", run.transcript());
}

#[test]
fn what_is_no_form_is_an_unsupported_media_type() {
    for (content_type, seen) in [
        (json!("application/json"), "\"application/json\""),
        (json!("text/plain; boundary=x"), "\"text/plain\""),
        (json!(""), "missing"),
        (json!(null), "missing"),
    ] {
        let mut sent = event(URL);
        sent["headers"]["content-type"] = content_type;
        let (status, said, record) = refusal(READ, &sent);
        assert_eq!(status, 415);
        let message = format!(
            "the request is no form: its content type is {seen}; {URLENCODED} or \
             multipart/form-data is expected"
        );
        assert_eq!(said, json!({ "message": message }));
        assert!(
            record.contains(&format!("answered with 415: {message} ")),
            "{record}"
        );
    }
}

#[test]
fn a_form_over_the_limit_is_too_large() {
    let (status, said, record) = refusal(
        "return req:form({ max_bytes = 9 })",
        &post(URLENCODED, "a=12345678"),
    );
    assert_eq!(status, 413);
    assert_eq!(
        said["message"],
        "the form has 10 bytes; at most 9 are taken"
    );
    assert!(
        record.contains("answered with 413: the form has 10 bytes"),
        "{record}"
    );
    let fits = value(
        "return (req:form({ max_bytes = 10 }))",
        &post(URLENCODED, "a=12345678"),
    );
    assert_eq!(fits, json!({ "a": "12345678" }));
    // Six megabytes unless set.
    let large = post(URLENCODED, "a=".to_owned() + &"x".repeat(6 * 1024 * 1024));
    let (status, said, _) = refusal("return req:form()", &large);
    assert_eq!(
        (status, &said["message"]),
        (
            json!(413),
            &json!("the form has 6291458 bytes; at most 6291456 are taken")
        )
    );
}

#[test]
fn a_form_of_too_many_fields_is_too_large() {
    let fields = |count: usize| post(URLENCODED, vec!["a=1"; count].join("&"));
    assert_eq!(
        value("req:form() return { #req:form_all('a') }", &fields(1000)),
        json!([1000])
    );
    let (status, said, _) = refusal("return req:form()", &fields(1001));
    assert_eq!(
        (status, &said["message"]),
        (json!(413), &json!("the form has more than 1000 fields"))
    );
    let more = "req:form({ max_fields = 10000 }) return { #req:form_all('a') }";
    assert_eq!(value(more, &fields(10_000)), json!([10_000]));
    let any = "req:form({ max_fields = math.huge, max_bytes = math.huge })\n\
        return { #req:form_all('a') }";
    assert_eq!(value(any, &fields(10_001)), json!([10_001]));
    let (_, said, _) = refusal(more, &fields(10_001));
    assert_eq!(said["message"], "the form has more than 10000 fields");
}

#[test]
fn the_handler_s_own_limit_may_be_caught() {
    let body = "local ok, err = pcall(req.form, req, { max_fields = 1 })\n\
        return { ok, err.status, err.message }";
    assert_eq!(
        value(body, &post(URLENCODED, "a=1&b=2")),
        json!([false, 413, "the form has more than 1 fields"])
    );
}
