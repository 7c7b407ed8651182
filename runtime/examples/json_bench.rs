//! Compares the codec with `serde_json::Value` in one interleaved run: `cargo run --release
//! --example json_bench`.
//!
//! Prints the least time of each over the rounds, in microseconds, and the ratio. The documents are
//! the same at every run.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use mlua::{Function, Lua, Value};
use moonlayer::json::{Codec, Nulls};
use moonlayer::modules;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rounds: usize = std::env::args().nth(1).map_or(Ok(7), |text| text.parse())?;
    let event = event("aGVsbG8=");
    let documents = [
        ("apigw", event.clone(), 2000),
        ("rec1m", records(1_000_000), 5),
        ("rec5m", records(5_500_000), 1),
        (
            "b64",
            self::event(&"QUJDREVGR0g=".repeat(5_500_000 / 12)),
            1,
        ),
    ];
    println!(
        "{:7}{:>9}  {:10}{:>11}{:>11}{:>8}",
        "text", "bytes", "what", "ours us", "serde us", "ratio"
    );
    for (name, text, turns) in &documents {
        // The value that is encoded again and again lives in a state of its own: in the other
        // nothing outlives its event, as in a function.
        let lua = Lua::new();
        let codec = Codec::new(&lua, Nulls::Null)?;
        let keeper = Lua::new();
        let encoding = Codec::new(&keeper, Nulls::Null)?;
        let json = modules::json::module(&lua, &codec)?;
        let from_lua: Function =
            lua.load("local json, text = ... return function() return json.encode(json.decode(text)) end").call((json, text.as_str()))?;
        let value = encoding.decode(&keeper, text.as_bytes())?;
        let theirs: serde_json::Value = serde_json::from_str(text)?;
        let mut out = Vec::new();
        encoding.encode(&keeper, &value, &mut out)?;
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&out)?,
            theirs,
            "the answer is right"
        );

        let mut best = [[Duration::MAX; 2]; 4];
        for _ in 0..rounds {
            let mut take = |row: usize, column: usize, turn: &mut dyn FnMut()| {
                let start = Instant::now();
                for _ in 0..*turns {
                    turn();
                }
                best[row][column] = best[row][column].min(start.elapsed() / *turns);
            };
            take(0, 0, &mut || {
                drop(black_box(codec.decode(&lua, text.as_bytes()).unwrap()))
            });
            take(0, 1, &mut || {
                drop(black_box(
                    serde_json::from_slice::<serde_json::Value>(text.as_bytes()).unwrap(),
                ))
            });
            take(1, 0, &mut || {
                out.clear();
                encoding
                    .encode(&keeper, black_box(&value), &mut out)
                    .unwrap();
            });
            take(1, 1, &mut || {
                drop(black_box(serde_json::to_vec(black_box(&theirs)).unwrap()))
            });
            take(2, 0, &mut || {
                out.clear();
                let value = codec.decode(&lua, text.as_bytes()).unwrap();
                codec.encode(&lua, &value, &mut out).unwrap();
            });
            take(2, 1, &mut || {
                let value: serde_json::Value = serde_json::from_slice(text.as_bytes()).unwrap();
                drop(black_box(serde_json::to_vec(&value).unwrap()));
            });
            take(3, 0, &mut || {
                drop(black_box(from_lua.call::<Value>(()).unwrap()))
            });
        }
        best[3][1] = best[2][1];
        for (what, [ours, serde]) in ["decode", "encode", "echo", "echo in Lua"].iter().zip(best) {
            let us = |time: Duration| time.as_secs_f64() * 1e6;
            let ratio = us(ours) / us(serde);
            println!(
                "{name:7}{:>9}  {what:12}{:>9.2}{:>11.2}{ratio:>8.2}",
                text.len(),
                us(ours),
                us(serde)
            );
        }
    }
    Ok(())
}

/// An HTTP API event as API Gateway sends it.
fn event(body: &str) -> String {
    format!(
        r#"{{"version":"2.0","routeKey":"$default","rawPath":"/path/to/resource","rawQueryString":"parameter1=value1&parameter1=value2&parameter2=value","cookies":["cookie1","cookie2"],"headers":{{"accept":"*/*","accept-encoding":"gzip, deflate, br","content-type":"application/json","host":"id.execute-api.us-east-1.amazonaws.com","user-agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36","x-amzn-trace-id":"Root=1-5e6722a7-cc56xmpl46db7ae02d4da47e","x-forwarded-for":"205.255.255.176","x-forwarded-port":"443","x-forwarded-proto":"https"}},"queryStringParameters":{{"parameter1":"value1,value2","parameter2":"value"}},"requestContext":{{"accountId":"123456789012","apiId":"api-id","domainName":"id.execute-api.us-east-1.amazonaws.com","domainPrefix":"id","http":{{"method":"POST","path":"/path/to/resource","protocol":"HTTP/1.1","sourceIp":"192.168.0.1","userAgent":"agent"}},"requestId":"JKJaXmPLvHcESHA=","routeKey":"$default","stage":"$default","time":"10/Mar/2020:05:16:23 +0000","timeEpoch":1583817383220}},"body":"{body}","pathParameters":{{"parameter1":"value1"}},"isBase64Encoded":true,"stageVariables":{{"stageVariable1":"value1","stageVariable2":"value2"}}}}"#
    )
}

/// Nested records: 11 levels, integers, floats, escapes, text that is not ASCII.
fn records(bytes: usize) -> String {
    let mut text = String::from("{\"records\":[");
    let mut state = 42_u64;
    let mut next = |limit: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let mut number = 0;
    while text.len() < bytes {
        if number > 0 {
            text.push(',');
        }
        let (a, b, c, d) = (next(1_000_000), next(100_000), next(90) + 10, next(1000));
        write!(
            text,
            r#"{{"id":{number},"uuid":"{a:08x}-{b:04x}-{d:04x}","name":"Customer {a}","email":"user{b}@example.com","active":{},"score":{}.{c},"balance":{b}.{c}5,"note":"line one\nline \"two\" {d}","city":"Zürich {c}","tags":["alpha","beta","tag{d}"],"matrix":[[{a},{b}],[{c},{d}]],"parent":null,"nested":{{"a":{{"b":{{"c":{{"d":{{"e":{{"f":{{"g":[{d},{c}]}}}}}}}}}}}}}},"address":{{"street":"{d} Main Street","zip":"{b:05}","geo":{{"lat":{c}.{a},"lon":-{c}.{b}}}}}}}"#,
            number % 3 == 0,
            d,
        )
        .expect("writing to a String cannot fail");
        number += 1;
    }
    text.push_str("]}");
    text
}
