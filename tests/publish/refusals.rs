//! What the service refuses, in one region or in all.

use super::cloud::{Cloud, Fate, Seen};
use super::workplace::Workplace;

/// Whether it is the publication of a version.
fn publishes(seen: &Seen) -> bool {
    seen.method == "POST" && seen.path.ends_with("/versions")
}

#[test]
fn one_region_that_fails_leaves_the_others_published() {
    let place = Workplace::with("one");
    let cloud = Cloud::where_calls(|seen| match publishes(seen) && seen.region == "eu-west-1" {
        true => Fate::Refuse(
            403,
            "AccessDeniedException",
            "User: me is not authorized to perform: lambda:PublishLayerVersion",
        ),
        false => Fate::Pass,
    });
    let outcome = place.publish(&cloud, &["--regions", "eu-west-1,us-east-1", "--yes"]);
    assert!(outcome.stdout.contains(":us-east-1:"), "{}", outcome.stdout);
    let said = outcome.fails_with(&[
        "1 published; 1 failed",
        "error: eu-west-1 (lua-54-x86_64): AccessDeniedException: User: me is not authorized to \
         perform: lambda:PublishLayerVersion; add this action to the policy",
    ]);
    assert!(
        said.trim_end()
            .lines()
            .last()
            .is_some_and(|line| line.starts_with("error: eu-west-1"))
    );
    assert!(place.recorded("us-east-1").is_some());
    assert_eq!(place.recorded("eu-west-1"), None);
}

#[test]
fn expired_credentials_are_found_before_anything_else() {
    let place = Workplace::with("one");
    let cloud = Cloud::where_calls(|_| {
        Fate::Refuse(
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
        )
    });
    let outcome = place.publish(&cloud, &["--regions", "eu-west-1,us-east-1", "--yes"]);
    let said = outcome.fails_with(&["ExpiredToken: ", "sign in again (`aws sso login`"]);
    assert_eq!(said.matches("error:").count(), 1, "{said}");
    assert_eq!(cloud.seen().len(), 1);
}

#[test]
fn credentials_of_another_partition_are_told_where_they_belong() {
    let place = Workplace::with("one");
    let cloud = Cloud::where_calls(|seen| match seen.region.as_str() {
        "us-east-1" => Fate::Refuse(403, "InvalidClientTokenId", "The security token is invalid"),
        _ => Fate::Pass,
    });
    let outcome = place.publish(&cloud, &["--regions", "eu-west-1", "--yes"]);
    outcome.fails_with(&[
        "eu-west-1 lies in the partition aws, and these credentials are of the account",
        "in aws-cn",
    ]);
    assert_eq!(cloud.changes(), []);
}

#[test]
fn a_layer_that_reads_back_closed_is_a_failure() {
    let place = Workplace::with("one");
    let cloud =
        Cloud::where_calls(
            |seen| match seen.method == "GET" && seen.path.ends_with("/policy") {
                true => Fate::Refuse(404, "ResourceNotFoundException", "No policy is associated"),
                false => Fate::Pass,
            },
        );
    let outcome = place.publish(&cloud, &["--regions", "eu-west-1", "--yes"]);
    outcome.fails_with(&["is published, but its policy does not open it to all accounts"]);
    assert_eq!(place.recorded("eu-west-1"), None);
}

#[test]
fn a_full_disk_is_an_error_that_leaves_the_record_whole() {
    let (cloud, place) = (Cloud::new(), Workplace::with("one"));
    // Larger than the limit below, as it is; the zip is smaller.
    let arn = "arn:aws:lambda:eu-west-9:123456789012:layer:other:1";
    let (sum, filling) = ("0".repeat(64), "x".repeat(4_000));
    let record = format!(
        r#"{{"layers":{{"other":{{"eu-west-9":{{"arn":"{arn}","sha256":"{sum}","version":"{filling}"}}}}}}}}"#
    );
    place.folder.file("layer/versions.json", &record);
    let aws = place.command(&cloud, &["--regions", "eu-west-1", "--yes"]);
    // Ignoring XFSZ turns the signal into an error of the write, as ENOSPC is one. Units of 512
    // bytes.
    let mut limited = std::process::Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -S -f 6; exec \"$0\" \"$@\""])
        .arg(aws.get_program())
        .args(aws.get_args())
        .current_dir(place.folder.path());
    for (name, value) in aws.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let outcome = super::workplace::Outcome::of(limited.output().expect("a shell"));
    outcome.fails_with(&[
        "published, but not recorded: cannot write layer/versions.json",
        "File too large",
    ]);
    assert_eq!(place.versions()["layers"]["other"]["eu-west-9"]["arn"], arn);
    let entries = std::fs::read_dir(place.folder.path().join("layer")).expect("the folder");
    assert_eq!(entries.count(), 1, "only versions.json is left");

    // With room again, the version is found, and the other entry stays.
    place
        .publish(&cloud, &["--regions", "eu-west-1", "--yes"])
        .succeeds();
    assert_eq!(cloud.published(), ["eu-west-1/lua-54-x86_64"]);
    assert!(place.recorded("eu-west-1").is_some());
    assert_eq!(place.versions()["layers"]["other"]["eu-west-9"]["arn"], arn);
}

#[test]
fn nobody_at_the_endpoint_is_said() {
    let place = Workplace::with("one");
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_moonlayer"));
    command
        .args([
            "layer",
            "publish",
            "--regions",
            "eu-west-1",
            "--interpreter",
            "lua-54",
        ])
        .args(["--arch", "x86_64", "--endpoint", "http://127.0.0.1:1"])
        .current_dir(place.folder.path());
    super::cloud::credentials(&mut command).env("PATH", super::workplace::path_with_aws());
    let outcome = super::workplace::Outcome::of(command.output().expect("the built binary"));
    outcome.fails_with(&[
        "Could not connect to the endpoint URL",
        "look at the network",
    ]);
}
