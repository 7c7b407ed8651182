//! The templates of docs/cloudformation.md and docs/sam.md are sound, and moto's stand-in for AWS
//! makes stacks of them by the commands of the page.

#[path = "cloudformation/cloud.rs"]
mod cloud;
mod support;

use cloud::{Cloud, clean};
use serde_json::Value;
use support::{Block, Folder, project};

const SAM: &str = "Transform: AWS::Serverless-2016-10-31";

/// The whole templates of a page.
fn templates(page: &str) -> Vec<Block> {
    let mut blocks = Block::all("yaml");
    blocks.retain(|block| block.place.starts_with(page) && block.code.contains("\nResources:"));
    blocks
}

#[test]
fn the_templates_are_without_lint() {
    let (mut plain, mut serverless) = (0, 0);
    let pages = ["docs/cloudformation.md", "docs/sam.md"];
    for block in pages.iter().flat_map(|page| templates(page)) {
        let folder = Folder::new();
        let path = folder.file("a template.yaml", &block.code);
        folder.file("src/hello.lua", "return {}\n");
        clean("aws/bin/cfn-lint", &["--"], &path, &block.place);
        if block.code.contains(SAM) {
            let words = ["validate", "--lint", "--template-file"];
            clean("venv/bin/sam", &words, &path, &block.place);
            serverless += 1;
        } else {
            plain += 1;
        }
    }
    assert_eq!((plain, serverless), (2, 2));
}

/// A bucket with a function's zip and a layer's, and a role.
fn prepared(cloud: &Cloud) -> Folder {
    let folder = Folder::new();
    folder.copy_from_into(&project().join("sample-functions/hello"), "src");
    folder.file("bootstrap", "#!/bin/sh\n");
    cloud.succeeds(
        &folder,
        r#"(cd src && zip -q ../hello.zip hello.lua) && zip -q lua-54-x86_64.zip bootstrap
           aws s3 mb s3://my-bucket
           aws s3 cp hello.zip s3://my-bucket/hello.zip
           aws s3 cp lua-54-x86_64.zip s3://my-bucket/lua-54-x86_64.zip"#,
    );
    folder
}

/// The only function there is.
fn function(cloud: &Cloud, folder: &Folder) -> Value {
    let said = cloud.succeeds(folder, "aws lambda list-functions --query Functions");
    let functions: Vec<Value> = serde_json::from_str(&said).expect("the CLI answers with JSON");
    assert_eq!(functions.len(), 1, "{said}");
    functions[0].clone()
}

#[test]
fn the_pages_commands_deploy_a_function_with_a_published_layer() {
    let cloud = Cloud::new();
    let folder = prepared(&cloud);
    let arn = cloud.succeeds(
        &folder,
        "aws lambda publish-layer-version --layer-name lua-54-x86_64 --zip-file \
         fileb://lua-54-x86_64.zip --query LayerVersionArn --output text",
    );
    let published = serde_json::json!({"layers": {"lua-54-x86_64": {"eu-west-1": {"arn": arn}}}});
    folder.file("layer/versions.json", published.to_string());
    folder.file("hello.yaml", &templates("docs/cloudformation.md")[0].code);

    cloud.succeeds(&folder, &commands());

    let function = function(&cloud, &folder);
    assert_eq!(function["Runtime"], "provided.al2023");
    assert_eq!(function["Handler"], "hello.handler");
    assert_eq!(function["Architectures"], serde_json::json!(["x86_64"]));
    // moto leaves the layers of a function that CloudFormation makes out; what they refer to is
    // the stack's parameter.
    let given = "aws cloudformation describe-stacks --stack-name hello --output text \
                 --query \"Stacks[0].Parameters[?ParameterKey=='LayerArn'].ParameterValue\"";
    assert_eq!(cloud.succeeds(&folder, given), arn);
}

#[test]
fn a_layer_that_is_not_published_stops_the_pages_commands() {
    let cloud = Cloud::new();
    let folder = Folder::new();
    folder.file("hello.yaml", &templates("docs/cloudformation.md")[0].code);
    for published in [
        r#"{"layers": {}}"#,
        r#"{"layers": {"lua-54-x86_64": {"us-east-1": {}}}}"#,
    ] {
        folder.file("layer/versions.json", published);
        let output = cloud.run(&folder, &commands());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        let expected = "layer/versions.json has no lua-54-x86_64 in eu-west-1: publish it there";
        assert!(said.starts_with(expected), "{said}");
    }
    let stacks = "aws cloudformation list-stacks --query 'length(StackSummaries)'";
    assert_eq!(cloud.succeeds(&folder, stacks), "0");
}

#[test]
fn a_stack_publishes_the_layer_of_a_bucket() {
    let cloud = Cloud::new();
    let folder = prepared(&cloud);
    folder.file("layer.yaml", &templates("docs/cloudformation.md")[1].code);
    cloud.succeeds(
        &folder,
        r#"trust='{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
             "Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}'
           role=$(aws iam create-role --role-name hello --assume-role-policy-document "$trust" \
             --query Role.Arn --output text)
           aws cloudformation create-stack --stack-name hello --template-body file://layer.yaml \
             --parameters ParameterKey=CodeBucket,ParameterValue=my-bucket \
               ParameterKey=OtherAccount,ParameterValue=210987654321 \
               "ParameterKey=RoleArn,ParameterValue=$role""#,
    );
    assert_eq!(function(&cloud, &folder)["Handler"], "hello.handler");
    // moto names the layer by itself, and keeps of its properties these.
    let latest = "aws lambda list-layers --query Layers[].LatestMatchingVersion";
    let layers: Value = serde_json::from_str(&cloud.succeeds(&folder, latest)).expect("JSON");
    assert_eq!(layers.as_array().map(Vec::len), Some(1));
    assert_eq!(layers[0]["Version"], 1);
    assert_eq!(layers[0]["Description"], "Lua 5.4 for AWS Lambda");
    assert_eq!(
        layers[0]["CompatibleRuntimes"],
        serde_json::json!(["provided.al2023"])
    );
}

/// What docs/cloudformation.md says to type.
fn commands() -> String {
    let mut blocks = Block::all("sh");
    blocks.retain(|block| block.place.starts_with("docs/cloudformation.md"));
    assert_eq!(blocks.len(), 1, "the page has one block of commands");
    blocks.remove(0).code
}
