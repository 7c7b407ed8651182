//! `moonlayer layer check`: templates as people write them, and what is said of their ARNs.

#[path = "layer_check/misspelt.rs"]
mod misspelt;
#[path = "layer_check/serverless.rs"]
mod serverless;
mod support;

use std::process::{Command, Output};

use support::Folder;

/// What is published in these tests.
const VERSIONS: &str = r#"{
  "layers": {
    "lua-54-arm64": {
      "eu-west-1": {
        "arn": "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-arm64:5",
        "sha256": "0000000000000000000000000000000000000000000000000000000000000000",
        "version": "0.1.0"
      }
    },
    "lua-54-x86_64": {
      "eu-west-1": {
        "arn": "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:3",
        "sha256": "0000000000000000000000000000000000000000000000000000000000000000",
        "version": "0.1.0"
      },
      "us-east-1": {
        "arn": "arn:aws:lambda:us-east-1:123456789012:layer:lua-54-x86_64:7",
        "sha256": "0000000000000000000000000000000000000000000000000000000000000000",
        "version": "0.1.0"
      }
    }
  }
}
"#;

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64";
const ARM: &str = "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-arm64:5";
const US: &str = "arn:aws:lambda:us-east-1:123456789012:layer:lua-54-x86_64:7";

fn run(name: &str, template: impl AsRef<[u8]>, arguments: &[&str]) -> Output {
    let folder = Folder::new();
    folder.file("layer/versions.json", VERSIONS);
    folder.file(name, template);
    Command::new(env!("CARGO_BIN_EXE_moonlayer"))
        .args(["layer", "check", name])
        .args(arguments)
        .current_dir(folder.path())
        .env_remove("AWS_REGION")
        .env_remove("AWS_DEFAULT_REGION")
        .output()
        .expect("the built binary")
}

/// Both outputs, once it has ended with that status.
#[track_caller]
fn ends(output: &Output, code: i32) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
    (stdout, stderr)
}

/// A template with one function, whose properties these are.
fn function(properties: &str) -> String {
    format!(
        "Transform: AWS::Serverless-2016-10-31\nResources:\n  Hello:\n    \
         Type: AWS::Serverless::Function\n    Properties:\n      Handler: app.handler\n{properties}"
    )
}

#[test]
fn the_newest_version_for_the_processor_and_region_passes() {
    let template = function(&format!("      Layers: [{ARN}:3]\n"));
    for arguments in [&[][..], &["--region", "eu-west-1"]] {
        let (stdout, stderr) = ends(&run("template.yaml", &template, arguments), 0);
        assert_eq!(stdout, "");
        assert!(
            stderr.contains("nothing to change in 1 of Moonlayer's ARNs"),
            "{stderr}"
        );
    }
}

#[test]
fn an_old_version_is_named_with_its_line_and_the_newest() {
    let template = function(&format!(
        "      Layers:\n        - !Ref Other\n        - {ARN}:2\n"
    ));
    let (stdout, _) = ends(&run("template.yaml", template, &[]), 1);
    let expected =
        format!("template.yaml:9: {ARN}:2: it is old, version 3 is published; write {ARN}:3\n");
    assert_eq!(stdout, expected);
}

#[test]
fn another_region_is_named_with_the_arn_there() {
    let template = function(&format!("      Layers: [{ARN}:3]\n"));
    let expected = "it is of eu-west-1, and the deployment goes to us-east-1; write ";
    let (stdout, _) = ends(
        &run("template.yaml", &template, &["--region", "us-east-1"]),
        1,
    );
    assert!(stdout.contains(&format!("{expected}{US}\n")), "{stdout}");
    let (stdout, _) = ends(
        &run("template.yaml", &template, &["--region", "eu-north-1"]),
        1,
    );
    assert!(stdout.contains("publish --regions eu-north-1 --interpreter lua-54 --arch x86_64"));

    let folder = Folder::new();
    folder.file("layer/versions.json", VERSIONS);
    folder.file("template.yaml", template);
    let output = Command::new(env!("CARGO_BIN_EXE_moonlayer"))
        .args(["layer", "check", "template.yaml"])
        .current_dir(folder.path())
        .env("AWS_REGION", "us-east-1")
        .output()
        .expect("the built binary");
    let (stdout, _) = ends(&output, 1);
    assert!(stdout.contains(expected), "{stdout}");
}

#[test]
fn another_processor_than_the_functions_is_named() {
    for architectures in ["[arm64]", "\n        - arm64", "[!Ref Arch]"] {
        let layers = format!("      Layers: [{ARN}:3]\n      Architectures: {architectures}\n");
        let template = function(&layers) + "Parameters:\n  Arch:\n    Default: arm64\n";
        let (stdout, _) = ends(&run("template.yaml", template, &[]), 1);
        let expected = format!("it is for x86_64, and Hello runs on arm64; write {ARM}\n");
        assert!(stdout.ends_with(&expected), "{stdout}");
    }
    // Without a word, a function runs on x86_64.
    let (stdout, _) = ends(
        &run(
            "template.yaml",
            function(&format!("      Layers: [{ARM}]\n")),
            &[],
        ),
        1,
    );
    assert!(
        stdout.contains("it is for arm64, and Hello runs on x86_64"),
        "{stdout}"
    );
}

#[test]
fn globals_hold_for_each_function() {
    let template = format!(
        "Globals:\n  Function:\n    Architectures: [arm64]\n    Layers:\n      - {ARM}\n{}  \
         Other:\n    Type: AWS::Serverless::Function\n    Properties:\n      \
         Architectures: [x86_64]\n",
        function("")
    );
    let (stdout, _) = ends(&run("template.yaml", template, &[]), 1);
    let expected = format!(
        "template.yaml:5: {ARM}: it is for arm64, and Other runs on x86_64; write {ARN}:3\n"
    );
    assert_eq!(stdout, expected);
}

#[test]
fn an_arn_is_found_behind_the_functions_of_cloudformation() {
    let tail = ":lambda:${AWS::Region}:123456789012:layer:lua-54-x86_64";
    for (layer, line) in [
        (format!("!Sub \"arn:${{AWS::Partition}}{tail}:2\""), 7),
        (
            format!("{{\"Fn::Sub\": [\"arn:${{P}}{tail}:${{V}}\", {{P: aws, V: 2}}]}}"),
            7,
        ),
        ("!Ref Layer".to_owned(), 10),
        (
            "!FindInMap [Layers, !Ref \"AWS::Region\", arn]".to_owned(),
            14,
        ),
        (
            "!If [IsOld, !Ref Layer, !Ref \"AWS::NoValue\"]".to_owned(),
            10,
        ),
        (
            "!Join [\":\", [arn, !Ref \"AWS::Partition\", lambda, !Ref \"AWS::Region\", \
             \"123456789012\", layer, lua-54-x86_64, 2]]"
                .to_owned(),
            7,
        ),
    ] {
        let template = function(&format!("      Layers: [{layer}]\n"))
            + &format!(
                "Parameters:\n  Layer:\n    Default: {ARN}:2\nMappings:\n  Layers:\n    \
                 eu-west-1:\n      arn: {ARN}:2\n    us-east-1:\n      arn: {US}\n"
            );
        let (stdout, _) = ends(
            &run("template.yaml", template, &["--region", "eu-west-1"]),
            1,
        );
        let found = stdout
            .lines()
            .any(|found| found.starts_with(&format!("template.yaml:{line}: {ARN}:2: it is old")));
        assert!(found, "{layer}: {stdout}");
        // The mapping's other region is right for that region.
        assert!(!stdout.contains(":17:"), "{stdout}");
    }
}

#[test]
fn an_arn_without_a_region_asks_for_one() {
    let arn = "arn:aws:lambda:${AWS::Region}:123456789012:layer:lua-54-x86_64:2";
    let template = function(&format!("      Layers: [!Sub \"{arn}\"]\n"));
    let (_, stderr) = ends(&run("template.yaml", &template, &[]), 0);
    assert!(
        stderr.contains("its region is not known here; say it by --region"),
        "{stderr}"
    );
}

#[test]
fn a_reader_that_is_gone_is_an_error_and_no_panic() {
    let folder = Folder::new();
    folder.file("layer/versions.json", VERSIONS);
    let template = function(&format!("      Layers: [{ARN}:2]\n"));
    folder.file("template.yaml", template);
    for arguments in [&["list"][..], &["check", "template.yaml"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_moonlayer"))
            .arg("layer")
            .args(arguments)
            .current_dir(folder.path())
            .env_remove("AWS_REGION")
            .env_remove("AWS_DEFAULT_REGION")
            .stdout(writer)
            .output()
            .expect("the built binary");
        let (_, stderr) = ends(&output, 1);
        let expected = "cannot write the result to stdout: Broken pipe";
        assert!(stderr.contains(expected), "{stderr}");
    }
}

#[test]
fn another_accounts_layer_is_a_note() {
    let arn = "arn:aws:lambda:eu-west-1:999999999999:layer:lua-54-x86_64:1";
    let template = function(&format!("      Layers: [{arn}]\n"));
    let (_, stderr) = ends(&run("template.yaml", template, &[]), 0);
    assert!(stderr.contains("it is of another account"), "{stderr}");
}

#[test]
fn json_is_read_as_well() {
    let template = format!(
        "{{\n\t\"Resources\": {{\n\t\t\"F\": {{\"Type\": \"AWS::Lambda::Function\", \"Properties\": {{\n\
         \t\t\t\"Layers\": [\"{ARN}:1\"]}}}}\n\t}}\n}}\n"
    );
    let (stdout, _) = ends(&run("template.json", template, &[]), 1);
    assert!(stdout.starts_with("template.json:4: "), "{stdout}");
}

#[test]
fn what_is_no_template_is_an_error_that_says_so() {
    let laughs: String = (1..30)
        .map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1))
        .collect();
    let layers =
        "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Layers: *a29\n";
    for (template, reason) in [
        (b"a: [\n".to_vec(), "it is neither YAML nor JSON"),
        (b"\x7fELF\0\0".to_vec(), "it is not text in UTF-8"),
        (b"\xff\xfe".to_vec(), "it is not text in UTF-8"),
        (vec![b'#'; 8 * 1024 * 1024 + 1], "it is larger than 8 MB"),
        (
            format!("a0: &a0 x\n{laughs}{layers}").into_bytes(),
            "more parts than a template",
        ),
        (
            "- ".repeat(300).into_bytes(),
            "nested deeper than 200 levels",
        ),
        (
            "[".repeat(100_000).into_bytes(),
            "it is neither YAML nor JSON",
        ),
        (
            function(&format!(
                "      Layers: [!Sub \"{}\"]\n",
                "${".repeat(1024 * 1024)
            ))
            .into_bytes(),
            "more parts than a template",
        ),
    ] {
        let (_, stderr) = ends(&run("template.yaml", template, &[]), 1);
        assert!(stderr.contains(reason), "{stderr}");
        assert!(
            stderr.starts_with("error: cannot check template.yaml: "),
            "{stderr}"
        );
    }
    let (_, stderr) = ends(&run("template.yaml", "", &[]), 0);
    assert!(stderr.contains("names no layer"), "{stderr}");
    let (_, stderr) = ends(&run("other.yaml", "", &["missing.yaml"]), 1);
    assert!(
        stderr.contains("cannot check missing.yaml: cannot read it: No such file"),
        "{stderr}"
    );
    let (_, stderr) = ends(&run("template.yaml", "", &["--region", "eu-wst-1"]), 1);
    assert!(stderr.contains("did you mean eu-west-1?"), "{stderr}");
}
