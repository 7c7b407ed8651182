//! `serverless.yml`: its own region, and its variables.

use super::{ARM, ARN, US, ends, run};

#[test]
fn serverless_yml_is_read_with_its_own_region_and_variables() {
    let template = format!(
        "service: hello\nprovider:\n  name: aws\n  region: us-east-1\n  architecture: arm64\n\
         custom:\n  lua: arn:aws:lambda:${{self:provider.region}}:123456789012:layer:lua-54-x86_64:6\n\
         functions:\n  one:\n    handler: app.handler\n    architecture: x86_64\n    layers:\n      \
         - ${{self:custom.lua}}\n  two:\n    handler: app.handler\n    layers: [{ARM}]\n"
    );
    let (stdout, _) = ends(&run("serverless.yml", template, &[]), 1);
    assert!(
        stdout.contains(&format!("it is old, version 7 is published; write {US}\n")),
        "{stdout}"
    );
    assert!(
        stdout.contains("it is of eu-west-1, and the deployment goes to us-east-1"),
        "{stdout}"
    );
}

#[test]
fn the_default_of_a_variable_of_serverless_counts() {
    for (region, layer) in [
        ("${opt:region, 'us-east-1'}", format!("{ARN}:3")),
        ("${opt:region, \"us-east-1\"}", format!("{ARN}:3")),
        ("${opt:region, ${self:custom.home}}", format!("{ARN}:3")),
        (
            "us-east-1",
            "${self:custom.layers.${opt:stage, 'live'}}".to_owned(),
        ),
        ("us-east-1", "${opt:layer, self:custom.old}".to_owned()),
        (
            "us-east-1",
            "${opt:layer, self:custom.none, 'a,b, arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:3'}"
                .to_owned(),
        ),
    ] {
        let template = format!(
            "provider:\n  region: {region}\ncustom:\n  home: us-east-1\n  old: {ARN}:3\n  \
             layers:\n    live: {ARN}:3\nfunctions:\n  one:\n    layers:\n      - {layer}\n"
        );
        let (stdout, _) = ends(&run("serverless.yml", &template, &[]), 1);
        let expected = "it is of eu-west-1, and the deployment goes to us-east-1";
        assert!(stdout.contains(expected), "{region}, {layer}: {stdout}");
        // The option itself goes before all.
        let (stdout, _) = ends(&run("serverless.yml", &template, &["--region", "eu-west-1"]), 0);
        assert_eq!(stdout, "", "{region}, {layer}");
    }
    // What the environment of a deployment holds is not known here.
    let template = format!(
        "provider:\n  region: \"${{env:REGION, 'us-east-1'}}\"\nfunctions:\n  one:\n    \
         layers: [{ARN}:3]\n"
    );
    ends(&run("serverless.yml", template, &[]), 0);
}
