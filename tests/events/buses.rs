//! `events.eventbridge` and `events.schedule`.

use serde_json::{Value, json};

use super::{answer, error, queue, sample, with, without};

/// The one record that `events.NAME` gives.
#[track_caller]
fn record(name: &str, event: &Value) -> Value {
    let body = format!(
        "local record = events.{name}(event)\n\
         assert(record.raw == event)\nrecord.raw = nil\nreturn record"
    );
    answer(&body, event)
}

#[test]
fn an_event_of_a_bus_has_its_values_in_plain_lua() {
    assert_eq!(
        record("eventbridge", &sample("eventbridge")),
        json!({
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "source": "com.example.shop",
            "detail_type": "OrderShipped",
            "detail": { "orderId": 42, "carrier": "post", "items": [{ "sku": "lamp", "quantity": 2 }] },
            "time": "2026-11-20T18:15:25Z",
            "time_ms": 1_795_198_525_000_u64,
            "region": "us-east-1",
            "account": "123456789012",
            "resources": ["arn:aws:dynamodb:us-east-1:123456789012:table/orders"],
        })
    );
}

#[test]
fn an_event_of_a_bus_that_a_queue_carries_is_read_from_its_body() {
    let event = queue([&sample("eventbridge").to_string()]);
    let body = "return events.eventbridge(events.sqs(event)[1]:json()).detail.orderId";
    assert_eq!(answer(body, &event), 42);
}

#[test]
fn a_rule_s_schedule_has_the_name_of_the_rule() {
    let schedule = record("schedule", &sample("schedule"));
    assert_eq!(schedule["name"], "every-quarter-hour");
    assert_eq!(schedule["time_ms"], 1_795_198_500_000_u64);
    assert_eq!(schedule["detail"], json!({}));
    assert_eq!(
        schedule["arn"],
        "arn:aws:events:us-east-1:123456789012:rule/every-quarter-hour"
    );
    assert_eq!(schedule.get("group"), None);
    // It is an event of the bus as well.
    let event = record("eventbridge", &sample("schedule"));
    assert_eq!(event["detail_type"], "Scheduled Event");
}

#[test]
fn a_schedule_of_eventbridge_scheduler_has_its_name_and_group() {
    let mut event = sample("schedule");
    event["source"] = json!("aws.scheduler");
    event["detail"] = json!("{}");
    event["resources"] = json!(["arn:aws:scheduler:us-east-1:123456789012:schedule/reports/daily"]);
    let schedule = record("schedule", &event);
    assert_eq!(schedule["name"], "daily");
    assert_eq!(schedule["group"], "reports");
    assert_eq!(schedule["detail"], json!({}));
}

#[test]
fn what_is_odd_in_an_event_of_a_bus_is_kept_or_absent() {
    let text = with(sample("eventbridge"), "/detail", json!("not JSON"));
    assert_eq!(record("eventbridge", &text)["detail"], "not JSON");
    let list = with(sample("eventbridge"), "/detail", json!([1]));
    assert_eq!(record("eventbridge", &list)["detail"], json!([1]));
    for time in [
        json!("yesterday"),
        json!(7),
        Value::Null,
        json!("2026-11-20T18:15:25Europe"),
    ] {
        let event = with(sample("eventbridge"), "/time", time);
        assert_eq!(record("eventbridge", &event).get("time_ms"), None);
    }
    let bare = without(without(sample("schedule"), "", "resources"), "", "detail");
    let schedule = record("schedule", &bare);
    assert_eq!(schedule.get("name"), None);
    assert_eq!(schedule.get("detail"), None);
}

#[test]
fn times_are_milliseconds_since_1970_in_any_zone() {
    for (time, ms) in [
        ("1970-01-01T00:00:00Z", 0_i64),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2000-02-29T23:59:59.9999Z", 951_868_799_999),
        ("2024-03-01T00:00:00+02:00", 1_709_244_000_000),
        ("1999-12-31T23:59:59-0130", 946_690_199_000),
        ("2100-03-01T00:00:00Z", 4_107_542_400_000),
    ] {
        let event = with(sample("eventbridge"), "/time", json!(time));
        assert_eq!(record("eventbridge", &event)["time_ms"], ms, "{time}");
    }
}

#[test]
fn a_schedule_s_own_input_is_no_event_of_a_schedule() {
    assert_eq!(
        error("events.schedule(event)", &json!({ "report": "daily" })),
        "events.schedule: expected an event of a schedule, got one of an unknown source (its \
         members: report); a schedule with an input of its own sends that input alone"
    );
}
