//! The two forms of a record: text, and JSON.

use std::time::SystemTime;

use super::{Field, Ids, Message};
use crate::config::Level;

/// `2026-11-20T18:15:25.123Z<TAB>request-id<TAB>INFO<TAB>message key=value`
pub fn text_line(
    now: SystemTime,
    ids: Option<&Ids>,
    level: Level,
    message: &Message<'_>,
    fields: &[Field],
) -> Vec<u8> {
    let id = ids.map_or("-", |ids| ids.request_id.as_str());
    let time = humantime::format_rfc3339_millis(now);
    let mut line = format!("{time}\t{id}\t{}\t", level.name()).into_bytes();
    line.extend_from_slice(match message {
        Message::Json(text) => text.as_bytes(),
        Message::Text(text) => text,
    });
    for field in fields {
        line.extend_from_slice(shown_field(field).as_bytes());
    }
    // CloudWatch shows `\r` as a line break inside one event; `\n` would end the event.
    let mut one_line = Vec::with_capacity(line.len() + 1);
    let mut bytes = line.into_iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' if bytes.peek() == Some(&b'\n') => {}
            b'\n' => one_line.push(b'\r'),
            byte => one_line.push(byte),
        }
    }
    one_line
}

/// ` key=value`, as the text format has it.
pub fn shown_field(field: &Field) -> String {
    format!(" {}={}", field.name, bare(&field.json))
}

/// A string without its quotes where they say nothing; any other JSON as it is.
fn bare(json: &str) -> &str {
    let inner = json
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let plain = |text: &&str| {
        !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || "\"\\=".contains(c))
    };
    inner.filter(plain).unwrap_or(json)
}

/// `{"timestamp":…,"level":…,"requestId":…,"message":…}`; members of a record of our own, then fields.
pub fn json_line(
    now: SystemTime,
    ids: Option<&Ids>,
    level: Level,
    message: &Message<'_>,
    own: &[Field],
    fields: &[Field],
) -> Vec<u8> {
    let message = match message {
        Message::Json(text) => (*text).to_owned(),
        Message::Text(text) => json_string(&String::from_utf8_lossy(text)),
    };
    let time = humantime::format_rfc3339_millis(now);
    let id = json_string(ids.map_or("-", |ids| &ids.request_id));
    let mut line = format!(
        r#"{{"timestamp":"{time}","level":"{}","requestId":{id},"message":{message}"#,
        level.name()
    );
    if let Some(tenant_id) = ids.and_then(|ids| ids.tenant_id.as_deref()) {
        line.push_str(r#","tenantId":"#);
        line.push_str(&json_string(tenant_id));
    }
    let mut add = |name: &str, json: &str| {
        line.push(',');
        line.push_str(&json_string(name));
        line.push(':');
        line.push_str(json);
    };
    for field in own {
        add(&field.name, &field.json);
    }
    for field in fields {
        add(&json_name(&field.name, fields), &field.json);
    }
    line.push('}');
    line.into_bytes()
}

/// `text` as a JSON string.
pub fn json_string(text: &str) -> String {
    serde_json::to_string(text).expect("a string always encodes")
}

/// The name a user's field goes by in JSON: one of the record's own gets a `_` before it.
fn json_name(name: &str, fields: &[Field]) -> String {
    if !OWN_NAMES.contains(&name) {
        return name.to_owned();
    }
    let mut name = format!("_{name}");
    while fields.iter().any(|field| field.name == name) {
        name.insert(0, '_');
    }
    name
}

/// The members of every JSON record.
const OWN_NAMES: [&str; 5] = ["timestamp", "level", "requestId", "message", "tenantId"];

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn noon() -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_795_198_525_123)
    }

    fn text(message: &str, fields: &[Field]) -> String {
        let ids = Ids {
            request_id: "7-f".to_owned(),
            tenant_id: Some("t1".to_owned()),
        };
        let message = Message::Text(message.as_bytes());
        String::from_utf8(text_line(noon(), Some(&ids), Level::Warn, &message, fields)).unwrap()
    }

    fn field(name: &str, json: &str) -> Field {
        Field {
            name: name.to_owned(),
            json: json.to_owned(),
        }
    }

    #[test]
    fn a_text_record_has_four_parts_between_tabs() {
        assert_eq!(text("hi", &[]), "2026-11-20T18:15:25.123Z\t7-f\tWARN\thi");
    }

    #[test]
    fn outside_an_invocation_the_id_is_a_dash() {
        let line = text_line(noon(), None, Level::Info, &Message::Text(b"hi"), &[]);
        assert_eq!(line, b"2026-11-20T18:15:25.123Z\t-\tINFO\thi");
        let line = json_line(noon(), None, Level::Info, &Message::Text(b"hi"), &[], &[]);
        assert_eq!(
            line,
            br#"{"timestamp":"2026-11-20T18:15:25.123Z","level":"INFO","requestId":"-","message":"hi"}"#
        );
    }

    #[test]
    fn a_line_break_inside_a_text_record_is_a_carriage_return() {
        assert!(text("a\nb\r\nc\n", &[]).ends_with("\ta\rb\rc\r"));
    }

    #[test]
    fn fields_follow_the_message_and_are_quoted_where_they_need_it() {
        let fields = [
            field("n", "1"),
            field("who", r#""Ada""#),
            field("full", r#""Ada L""#),
            field("none", r#""""#),
            field("list", "[1,2]"),
        ];
        assert!(text("m", &fields).ends_with(r#"m n=1 who=Ada full="Ada L" none="" list=[1,2]"#));
    }

    #[test]
    fn a_json_record_names_tenant_and_fields() {
        let ids = Ids {
            request_id: "7-f".to_owned(),
            tenant_id: Some("t1".to_owned()),
        };
        let message = Message::Text(b"a\xff\n");
        let line = json_line(
            noon(),
            Some(&ids),
            Level::Error,
            &message,
            &[],
            &[field("n", "1")],
        );
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "{\"timestamp\":\"2026-11-20T18:15:25.123Z\",\"level\":\"ERROR\",\"requestId\":\"7-f\",\
             \"message\":\"a\u{fffd}\\n\",\"tenantId\":\"t1\",\"n\":1}"
        );
    }

    #[test]
    fn a_field_named_as_one_of_the_records_own_is_prefixed() {
        let fields = [
            field("level", "1"),
            field("_level", "2"),
            field("user", "3"),
        ];
        let names: Vec<String> = fields
            .iter()
            .map(|field| json_name(&field.name, &fields))
            .collect();
        assert_eq!(names, ["__level", "_level", "user"]);
    }
}
