//! What is no ARN of a layer, and no region.

use std::process::Command;

use super::support::Folder;
use super::{ARN, ends, function, run};

#[test]
fn a_malformed_arn_of_ours_is_named_and_a_foreign_one_left_alone() {
    for (arn, reason) in [
        (ARN.to_owned(), "it names no version; append one, as in :1"),
        (format!("{ARN}:latest"), "\"latest\" is not a version"),
        (
            format!("{}:3", ARN.replace("-x86_64", "")),
            "there is no layer lua-54; there are lua-54-",
        ),
        (
            format!("{}:3", ARN.replace("arn:aws:", "arn:aws-cn:")),
            "eu-west-1 lies in the partition aws",
        ),
        (
            format!("{}:3", ARN.replace("123456789012", "1234")),
            "\"1234\" is not an account",
        ),
    ] {
        let template = function(&format!("      Layers: [\"{arn}\"]\n"));
        let (stdout, _) = ends(&run("template.yaml", template, &[]), 1);
        assert!(stdout.contains(reason), "{arn}: {stdout}");
    }
    let foreign = "arn:aws:lambda:eu-west-1:580247275435:layer:LambdaInsightsExtension:14";
    let template = function(&format!("      Layers: [{foreign}]\n"));
    let (_, stderr) = ends(&run("template.yaml", template, &[]), 0);
    assert!(
        stderr.contains("names no layer of Moonlayer by its ARN"),
        "{stderr}"
    );
}

#[test]
fn what_was_meant_as_an_arn_of_ours_is_named() {
    for layer in [
        ARN.replace(":layer:", ":layers:"),
        ARN.replace(":layer:", ":"),
        ARN.replace("arn:aws:", "") + ":3",
        "lua-54-x86_64".to_owned(),
        "!Sub '${AWS::AccountId}:lua-54-x86_64'".replace("${AWS::AccountId}", "me"),
    ] {
        let template = function(&format!("      Layers:\n        - {layer}\n"));
        let (stdout, _) = ends(&run("template.yaml", template, &[]), 1);
        let expected = "it is not the ARN of a layer's version, which reads arn:PARTITION";
        assert!(stdout.starts_with("template.yaml:8: "), "{stdout}");
        assert!(stdout.contains(expected), "{layer}: {stdout}");
    }
    // What these give is not in the template, whatever they are called.
    for layer in [
        "!ImportValue lua-54-x86_64",
        "{\"Fn::ImportValue\": lua-54-x86_64}",
        "!Ref lua-54-x86_64",
        "\"{{resolve:ssm:/layers/lua-54-x86_64}}\"",
    ] {
        let template = function(&format!("      Layers:\n        - {layer}\n"));
        let (stdout, _) = ends(&run("template.yaml", template, &[]), 0);
        assert_eq!(stdout, "", "{layer}");
    }
}

#[test]
fn a_region_that_is_none_is_named() {
    let template = function(&format!(
        "      Layers: [\"{}:3\"]\n",
        ARN.replace("eu-west-1", "eu-wst-1")
    ));
    let (stdout, _) = ends(&run("template.yaml", template, &[]), 1);
    assert!(stdout.contains("did you mean eu-west-1?"), "{stdout}");

    let (_, stderr) = ends(&run("template.yaml", "", &["--region", "eu-wst-1"]), 1);
    assert!(stderr.contains("did you mean eu-west-1?"), "{stderr}");

    let template = "provider:\n  name: aws\n  region: eu-wst-1\n";
    let (_, stderr) = ends(&run("serverless.yml", template, &[]), 1);
    let expected = "its provider's region: unknown region \"eu-wst-1\"; did you mean eu-west-1?";
    assert!(stderr.contains(expected), "{stderr}");

    let folder = Folder::new();
    folder.file("template.yaml", function(""));
    let output = Command::new(env!("CARGO_BIN_EXE_moonlayer"))
        .args(["layer", "check", "template.yaml"])
        .current_dir(folder.path())
        .env("AWS_REGION", "eu-wst-1")
        .output()
        .expect("the built binary");
    let (_, stderr) = ends(&output, 1);
    let expected = "AWS_REGION: unknown region \"eu-wst-1\"";
    assert!(stderr.contains(expected), "{stderr}");
}
