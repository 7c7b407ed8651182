//! What lies beside a zip: its checksum, and the bill of materials.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::checkout::Checkout;
use super::elf;
use super::outcome::{good, succeeds};
use super::support::{project, tool};

/// The bill of materials of `layer`, which has been built.
fn bill(checkout: &Checkout, layer: &str) -> Value {
    let path = checkout.beside(&format!("{layer}.cdx.json"));
    serde_json::from_slice(&fs::read(path).expect("the bill")).expect("JSON")
}

/// What `field` of each component says.
fn all<'a>(bill: &'a Value, field: &str) -> BTreeSet<&'a str> {
    let components = bill["components"].as_array().expect("a list");
    let text = |component: &'a Value| component[field].as_str().expect("text");
    components.iter().map(text).collect()
}

#[test]
fn the_checksum_is_what_sha256sum_writes_and_checks() {
    let checkout = Checkout::building(good());
    succeeds(&checkout.build(&[]));
    let sha256sum = |arguments: &[&str]| {
        let mut command = Command::new("sha256sum");
        command.args(arguments).current_dir(checkout.beside(""));
        succeeds(&command.output().expect("sha256sum"))
    };
    let file = "lua-54-x86_64.zip.sha256";
    let written = fs::read_to_string(checkout.beside(file)).expect("the checksum");
    assert_eq!(written, sha256sum(&["lua-54-x86_64.zip"]));
    assert_eq!(
        sha256sum(&["--check", "--strict", file]),
        "lua-54-x86_64.zip: OK\n"
    );
}

#[test]
fn the_bill_names_what_is_linked_and_the_interpreter() {
    let checkout = Checkout::building(good());
    succeeds(&checkout.build(&["--interpreter", "all"]));
    for (layer, interpreter, other) in [
        ("lua-54-x86_64", "lua", "luajit2"),
        ("luajit-21-x86_64", "luajit2", "lua"),
    ] {
        let bill = bill(&checkout, layer);
        let names = all(&bill, "name");
        for name in [interpreter, "libc", "mlua", "ring", "rustls", "serde_json"] {
            assert!(names.contains(name), "{name} is missing: {names:?}");
        }
        for name in [other, "cc", "clap", "syn", "moonlayer-cli"] {
            assert!(!names.contains(name), "{name} is not linked: {names:?}");
        }
        for component in bill["components"].as_array().expect("a list") {
            let text = |field: &str| component[field].as_str().unwrap_or_default();
            let kind = if text("name") == interpreter {
                "generic"
            } else {
                "cargo"
            };
            let version = text("version").replace('+', "%2B");
            let purl = format!("pkg:{kind}/{}@{version}", text("name"));
            assert_eq!(text("purl").replace("%2b", "%2B"), purl);
            let license = component["licenses"][0]["expression"].as_str();
            assert!(license.is_some_and(|text| !text.is_empty()), "{component}");
            assert!(!license.unwrap_or_default().contains('/'), "{component}");
        }
    }
}

#[test]
fn the_bill_says_who_needs_whom() {
    let checkout = Checkout::building(good());
    succeeds(&checkout.build(&[]));
    let bill = bill(&checkout, "lua-54-x86_64");
    let mut known = all(&bill, "bom-ref");
    let root = &bill["metadata"]["component"]["bom-ref"];
    known.insert(root.as_str().expect("text"));
    let mut reached = BTreeSet::new();
    let mut open = vec![root.as_str().expect("text")];
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            let dependencies = bill["dependencies"].as_array().expect("a list");
            let entry = dependencies.iter().find(|entry| entry["ref"] == name);
            let below = entry.unwrap_or_else(|| panic!("{name} is unknown"));
            let below = below["dependsOn"].as_array();
            open.extend(below.into_iter().flatten().filter_map(Value::as_str));
        }
    }
    assert_eq!(reached, known);
}

#[test]
fn the_bill_holds_the_digest_of_bootstrap() {
    let checkout = Checkout::building(good());
    succeeds(&checkout.build(&[]));
    let bill = bill(&checkout, "lua-54-x86_64");
    let digest: String = Sha256::digest(good())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let component = &bill["metadata"]["component"];
    assert_eq!(component["name"], "moonlayer");
    assert_eq!(
        component["hashes"][0],
        serde_json::json!({"alg": "SHA-256", "content": digest})
    );
}

#[test]
fn the_bill_is_the_same_for_the_same_layer_and_another_for_another() {
    let [one, two] = [Checkout::building(good()), Checkout::building(good())];
    let other = Checkout::building(elf::needing(&["GLIBC_2.34"], elf::X86_64, b"other"));
    let [one, two, other] = [one, two, other].map(|checkout| {
        succeeds(&checkout.build(&[]));
        fs::read_to_string(checkout.beside("lua-54-x86_64.cdx.json")).expect("the bill")
    });
    assert_eq!(one, two);
    let number =
        |bill: &str| serde_json::from_str::<Value>(bill).expect("JSON")["serialNumber"].clone();
    assert_ne!(number(&one), number(&other));
    assert!(!one.contains(&project().display().to_string()), "{one}");
    assert!(!one.contains("timestamp"), "{one}");
}

#[test]
fn the_bill_is_what_the_schema_of_cyclonedx_asks_for() {
    let checkout = Checkout::building(good());
    succeeds(&checkout.build(&["--interpreter", "all"]));
    for layer in ["lua-54-x86_64", "luajit-21-x86_64"] {
        let script = "import sys; from cyclonedx.schema import SchemaVersion; \
                      from cyclonedx.validation.json import JsonStrictValidator; \
                      fault = JsonStrictValidator(SchemaVersion.V1_5)\
                      .validate_str(open(sys.argv[1]).read()); \
                      sys.exit(repr(fault) if fault else 0)";
        let output = Command::new(tool("venv/bin/python"))
            .args(["-c", script])
            .arg(checkout.beside(&format!("{layer}.cdx.json")))
            .output()
            .expect("Python");
        succeeds(&output);
    }
}
