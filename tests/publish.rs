//! `moonlayer layer publish` and `list`, with the AWS CLI, against moto's server.
//!
//! moto keeps versions and their policies as Lambda does. It does not check signatures or
//! permissions, and gives an organization's statement another form than Lambda, which `cloud.rs`
//! puts right. What a region refuses comes from the door in front of it.

#[path = "publish/before.rs"]
mod before;
#[path = "publish/cloud.rs"]
mod cloud;
#[path = "layer/elf.rs"]
#[allow(dead_code)] // One processor's is of no use here.
mod elf;
#[path = "publish/interruptions.rs"]
mod interruptions;
#[path = "publish/refusals.rs"]
mod refusals;
mod support;
#[path = "publish/workplace.rs"]
mod workplace;

use std::process::Command;

use cloud::{Cloud, Fate};
use serde_json::{Value, json};
use support::{project, tool};
use workplace::{Workplace, runtime};

/// Two regions that every account has.
const TWO: [&str; 2] = ["--regions", "eu-west-1,us-east-1"];

#[test]
fn a_dry_run_says_what_would_be_done_and_changes_nothing() {
    let (cloud, place) = (Cloud::new(), Workplace::with("one"));
    let outcome = place.publish(&cloud, &TWO);
    assert!(
        outcome.stderr.trim_end().ends_with("add --yes to do it"),
        "{}",
        outcome.stderr
    );
    assert_eq!(
        outcome.succeeds(),
        "eu-west-1 lua-54-x86_64: to be published, the first version\n\
         us-east-1 lua-54-x86_64: to be published, the first version\n"
    );
    assert_eq!(cloud.changes(), []);
    assert_eq!(place.versions(), json!({"layers": {}}));
}

#[test]
fn a_layer_is_published_once_opened_to_all_and_recorded() {
    let (cloud, place) = (Cloud::new(), Workplace::with("one"));
    let arns = place
        .publish(&cloud, &[&TWO[..], &["--yes"]].concat())
        .succeeds();
    let account = &cloud.account;
    let arn = |region| format!("arn:aws:lambda:{region}:{account}:layer:lua-54-x86_64:1");
    assert_eq!(
        arns,
        format!("{}\n{}\n", arn("eu-west-1"), arn("us-east-1"))
    );
    for region in ["eu-west-1", "us-east-1"] {
        assert_eq!(place.recorded(region), Some(arn(region)));
    }
    let which = ["--layer-name", "lua-54-x86_64", "--version-number", "1"];
    let version = cloud.lambda("us-east-1", &[&["get-layer-version"], &which[..]].concat());
    let version: Value = serde_json::from_str(&version).expect("JSON");
    assert_eq!(version["CompatibleRuntimes"], json!(["provided.al2023"]));
    assert_eq!(version["CompatibleArchitectures"], json!(["x86_64"]));
    assert_eq!(version["LicenseInfo"], "MIT OR Apache-2.0");
    let description = format!("Moonlayer {}: lua-54-x86_64", env!("CARGO_PKG_VERSION"));
    assert_eq!(version["Description"], description.as_str());
    let policy = cloud.lambda(
        "us-east-1",
        &[&["get-layer-version-policy"], &which[..]].concat(),
    );
    let policy: Value = serde_json::from_str(&policy).expect("JSON");
    let policy: Value =
        serde_json::from_str(policy["Policy"].as_str().expect("text")).expect("JSON");
    let [statement] = &policy["Statement"].as_array().expect("a list")[..] else {
        panic!("{policy}");
    };
    assert_eq!(statement["Sid"], "moonlayer");
    assert_eq!(statement["Principal"], "*");
    assert_eq!(statement["Action"], "lambda:GetLayerVersion");

    // Again, with a record that was lost: nothing is changed there, and the record is back.
    let changes = cloud.changes();
    let mut versions = place.versions();
    let regions = versions["layers"]["lua-54-x86_64"].as_object_mut();
    regions.expect("a map").remove("eu-west-1");
    place
        .folder
        .file("layer/versions.json", versions.to_string());
    let again = place.publish(&cloud, &["--regions", "eu-west-1", "--yes"]);
    assert!(again.stderr.contains("1 unchanged"), "{}", again.stderr);
    assert_eq!(again.succeeds().trim_end(), arn("eu-west-1"));
    assert_eq!(cloud.changes(), changes);
    assert_eq!(place.recorded("eu-west-1"), Some(arn("eu-west-1")));

    // Another zip becomes the second version.
    place.zip("lua-54-x86_64", &runtime(elf::X86_64, "two"));
    let dry = place
        .publish(&cloud, &["--regions", "eu-west-1"])
        .succeeds();
    assert!(
        dry.contains("to be published, after version 1, which differs"),
        "{dry}"
    );
    let arns = place
        .publish(&cloud, &["--regions", "eu-west-1", "--yes"])
        .succeeds();
    assert_eq!(arns.trim_end(), arn("eu-west-1").replace("64:1", "64:2"));
    let second = arn("eu-west-1").replace("64:1", "64:2");
    assert_eq!(place.recorded("eu-west-1"), Some(second));
    assert_eq!(place.recorded("us-east-1"), Some(arn("us-east-1")));

    let list = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_moonlayer"));
        command
            .args(["layer", "list"])
            .args(arguments)
            .current_dir(place.folder.path());
        let command = command
            .env_remove("AWS_REGION")
            .env_remove("AWS_DEFAULT_REGION");
        workplace::Outcome::of(command.output().expect("the built binary"))
    };
    assert_eq!(list(&[]).succeeds().lines().count(), 2);
    let one = list(&["--region", "us-east-1"]).succeeds();
    let line = format!("lua-54-x86_64\tus-east-1\t{}\t", arn("us-east-1"));
    assert_eq!(
        one.trim_end(),
        format!("{line}{}", env!("CARGO_PKG_VERSION"))
    );
    list(&["--region", "eu-north-1"]).fails_with(&[
        "no layer is published in eu-north-1",
        "there are some in eu-west-1, us-east-1",
    ]);
    place
        .folder
        .file("layer/versions.json", "{\"layers\": {}}\n");
    list(&[]).fails_with(&["a layer has to be published first, by `moonlayer layer publish`"]);
}

#[test]
fn a_private_layer_is_opened_later_to_an_organization_and_then_to_all() {
    let (cloud, place) = (Cloud::new(), Workplace::with("one"));
    let region = ["--regions", "cn-north-1", "--yes"];
    let run = |more: &[&str]| {
        place
            .publish(&cloud, &[&region[..], more].concat())
            .succeeds()
    };
    let arn = run(&["--private"]);
    // The region's own partition, without a word about it.
    let expected = format!(
        "arn:aws-cn:lambda:cn-north-1:{}:layer:lua-54-x86_64:1",
        cloud.account
    );
    assert_eq!(arn.trim_end(), expected);
    assert_eq!(cloud.changes().len(), 1);

    let organization = ["--organization", "o-abcdefghij"];
    run(&organization);
    assert_eq!(cloud.changes().len(), 2);
    run(&organization);
    assert_eq!(cloud.changes().len(), 2);

    // Lambda takes no second statement of the same name: the first has to go.
    run(&[]);
    let methods: Vec<_> = cloud
        .changes()
        .into_iter()
        .map(|seen| seen.method)
        .collect();
    assert_eq!(methods, ["POST", "POST", "DELETE", "POST"]);
    assert_eq!(cloud.published(), ["cn-north-1/lua-54-x86_64"]);

    // Nobody is shut out by the way: it is said how to do that.
    let private = place.publish(&cloud, &[&region[..], &["--private"]].concat());
    assert!(
        private.stderr.contains("it stays open to all accounts"),
        "{}",
        private.stderr
    );
    assert_eq!(cloud.changes().len(), 4);
}

#[test]
fn all_regions_are_those_that_the_account_has() {
    // moto's account in the partition of GovCloud has two.
    let (cloud, place) = (Cloud::new(), Workplace::with("one"));
    let mut command = place.command(&cloud, &["--regions", "all"]);
    let outcome = command
        .env("AWS_REGION", "us-gov-west-1")
        .output()
        .expect("the built binary");
    let planned = workplace::Outcome::of(outcome).succeeds();
    let regions: Vec<_> = planned
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(regions, ["us-gov-east-1", "us-gov-west-1"]);
}

#[test]
fn a_region_that_refuses_the_credentials_is_not_enabled() {
    let place = Workplace::with("one");
    let cloud = Cloud::where_calls(|seen| match (seen.service.as_str(), seen.region.as_str()) {
        ("ec2", _) => Fate::Refuse(403, "UnauthorizedOperation", "You are not authorized"),
        ("lambda", "cn-northwest-1") => Fate::Refuse(
            403,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ),
        _ => Fate::Pass,
    });
    let named = place.publish(&cloud, &["--regions", "cn-northwest-1", "--yes"]);
    named.fails_with(&[
        "UnrecognizedClientException",
        "the region may not be enabled",
    ]);
    // Of all regions it is left out.
    let mut command = place.command(&cloud, &["--regions", "all", "--yes"]);
    let output = command
        .env("AWS_REGION", "cn-north-1")
        .output()
        .expect("the built binary");
    let outcome = workplace::Outcome::of(output);
    let said = "not enabled in this account: cn-northwest-1";
    assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    assert_eq!(outcome.succeeds().lines().count(), 1);
    assert_eq!(cloud.published(), ["cn-north-1/lua-54-x86_64"]);
}

#[test]
fn the_regions_are_those_of_the_service() {
    let script = r#"
import botocore, json, os, sys
data = json.load(open(os.path.join(os.path.dirname(botocore.__file__), "data", "endpoints.json")))
print(json.dumps({
    part["partition"]: sorted(r for r in part["services"]["lambda"]["endpoints"] if r in part["regions"])
    for part in data["partitions"]
}))
"#;
    let python = Command::new(tool("aws/bin/python"))
        .args(["-c", script])
        .output();
    let python = python.expect("the Python of the AWS CLI");
    assert!(
        python.status.success(),
        "{}",
        String::from_utf8_lossy(&python.stderr)
    );
    let expected: Value = serde_json::from_slice(&python.stdout).expect("JSON");
    let ours = std::fs::read(project().join("layer/regions.json")).expect("the regions");
    let ours: Value = serde_json::from_slice(&ours).expect("JSON");
    assert_eq!(ours, expected, "write this into layer/regions.json");
}
