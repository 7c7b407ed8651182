//! The Terraform modules, run by Terraform.
//!
//! A stand-in takes the place of the AWS provider: it has the names and types of its arguments.

#[path = "support/docs.rs"]
#[allow(dead_code)] // What stands behind a block is of no use here.
mod docs;
#[path = "support/folder.rs"]
#[allow(dead_code)] // Not all kinds of files are needed here.
mod folder;
#[path = "terraform/module.rs"]
mod module;
#[path = "support/tools.rs"]
#[allow(dead_code)] // The tools of the set-up are of no use here.
mod tools;

use std::fs;

use docs::Block;
use module::{Module, terraform};
use tools::project;

const LAYER: &str = "moonlayer/terraform/layer";
const ROOT: &str = "moonlayer/terraform";
const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:layer:lua-54-x86_64:3";
/// What every zip begins with.
const ZIP: &[u8] = b"PK\x03\x04 and more";

#[test]
fn the_modules_are_formatted() {
    let output = terraform(&["fmt", "-check", "-recursive", "-diff", "terraform"])
        .current_dir(project())
        .output()
        .expect("terraform is missing: install Terraform 1.9 or newer, so that it is on the PATH");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "terraform fmt: {said}");
}

#[test]
fn the_layers_module_needs_no_provider_and_finds_the_arns() {
    let module = Module::new();
    module.file("terraformrc", "");
    module.succeeds(LAYER, &["init", "-no-color"]);
    module.succeeds(LAYER, &["validate", "-no-color"]);
    let said = module.succeeds(LAYER, &["test", "-no-color"]);
    assert!(said.contains("Success! 6 passed, 0 failed."), "{said}");
}

#[test]
fn the_functions_module_passes_everything_on() {
    let module = Module::new();
    module.file(&format!("{ROOT}/tests/a zip.zip"), ZIP);
    module.succeeds(ROOT, &["init", "-no-color"]);
    module.succeeds(ROOT, &["validate", "-no-color"]);
    let said = module.succeeds(ROOT, &["test", "-no-color"]);
    assert!(said.contains("Success! 8 passed, 0 failed."), "{said}");
}

#[test]
fn an_argument_that_the_provider_does_not_have_is_noticed() {
    let module = Module::new();
    module.file(
        "main.tf",
        "resource \"aws_lambda_layer_version\" \"a\" {\n  layer_name = \"a\"\n  layer_zip = \"a\"\n}\n",
    );
    module.succeeds("", &["init", "-no-color"]);
    let output = module.terraform("", &["validate", "-no-color"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("An argument named \"layer_zip\" is not expected here"),
        "{said}"
    );
}

#[test]
fn what_the_layers_module_refuses_says_why() {
    let module = Module::new();
    module.succeeds(LAYER, &["init", "-no-color"]);
    let remedy = "a layer has to be published first, by `moonlayer layer publish` (to your own \
                  account); or name an ARN (layer_arn) or a zip (layer_zip).";
    let published = ("versions", "\"tests/versions/published.json\"");
    let wrong = ("versions", "\"tests/versions/wrong.json\"");
    let (here, there) = (("region", "\"eu-west-1\""), ("region", "\"us-east-1\""));
    let quoted = format!("{ARN:?}");
    let arn = ("layer_arn", quoted.as_str());
    let (arm, luajit) = (
        ("architecture", "\"arm64\""),
        ("interpreter", "\"luajit-21\""),
    );
    let cases: &[(&[(&str, &str)], String)] = &[
        (
            &[("interpreter", "\"lua 53\""), arn],
            "unknown interpreter \"lua 53\"; it is one of lua-54, luajit-21.".into(),
        ),
        (
            &[("architecture", "\"arm\""), arn],
            "unknown architecture \"arm\"; it is one of x86_64, arm64.".into(),
        ),
        (
            &[here, ("versions", "\"tests/versions/none published.json\"")],
            format!("tests/versions/none published.json has no layer lua-54-x86_64; {remedy}"),
        ),
        (
            &[there, published],
            format!(
                "tests/versions/published.json has lua-54-x86_64 in cn-north-1, eu-west-1, not in us-east-1; {remedy}"
            ),
        ),
        (
            &[here, published, luajit],
            format!("tests/versions/published.json has no layer luajit-21-x86_64; {remedy}"),
        ),
        (
            &[published],
            "region is not given; the layer's ARN is another one in each region.".into(),
        ),
        (
            &[("region", "\"Ireland\""), published],
            "region \"Ireland\" is not a region; one is eu-west-1.".into(),
        ),
        (
            &[here, ("versions", "\"tests/versions/list.json\"")],
            "tests/versions/list.json is not a versions.json".into(),
        ),
        (
            &[here, ("versions", "\"tests/versions/broken.json\"")],
            "tests/versions/broken.json is not a versions.json".into(),
        ),
        (
            &[here, ("versions", "\"none.json\"")],
            "versions \"none.json\" cannot be read; name the versions.json".into(),
        ),
        (
            &[here, ("versions", "\"tests\"")],
            "versions \"tests\" cannot be read".into(),
        ),
        (
            &[here, wrong],
            "is of the region us-east-1, the function of eu-west-1; a function takes".into(),
        ),
        (
            &[here, wrong, arm],
            "is the layer lua-54-x86_64, but the function wants lua-54-arm64".into(),
        ),
        (
            &[here, wrong, luajit],
            "the arn of luajit-21-x86_64 in eu-west-1, \"lua\", is not the ARN".into(),
        ),
        (
            &[here, wrong, luajit, arm],
            "the arn of luajit-21-arm64 in eu-west-1, null, is not the ARN".into(),
        ),
        (
            &[there, arn],
            format!("layer_arn: {ARN} is of the region eu-west-1, the function of us-east-1"),
        ),
        (
            &[here, arn, arm],
            format!(
                "layer_arn: {ARN} is the layer lua-54-x86_64, but the function wants lua-54-arm64"
            ),
        ),
        (
            &[here, arn, published],
            "layer_arn and versions are both given; keep one of them.".into(),
        ),
        (
            &[("layer_arn", "\"lua-54-x86_64\"")],
            "layer_arn \"lua-54-x86_64\" is not the ARN of a layer's version; it reads arn:".into(),
        ),
        (
            &[(
                "layer_arn",
                "\"arn:aws:lambda:eu-west-1:123456789012:layer:lua:0\"",
            )],
            "is not the ARN of a layer's version".into(),
        ),
        (
            &[("layer_arn", "\"\"")],
            "layer_arn \"\" is not the ARN of a layer's version".into(),
        ),
    ];
    for (variables, expected) in cases {
        let said = module.refused(LAYER, variables);
        assert!(
            said.iter().any(|text| text.contains(expected)),
            "{variables:?}: {said:?}"
        );
        // One cause, one error.
        assert_eq!(said.len(), 1, "{variables:?}: {said:?}");
    }
}

#[test]
fn what_the_functions_module_refuses_says_why() {
    let module = Module::new();
    module.succeeds(ROOT, &["init", "-no-color"]);
    module.file(&format!("{ROOT}/a.zip"), ZIP);
    module.file(&format!("{ROOT}/text.zip"), "PK is not enough");
    let quoted = format!("{ARN:?}");
    let arn = ("layer_arn", quoted.as_str());
    let cases: &[(&[(&str, &str)], &str)] = &[
        (
            &[("handler", "\"../app.handler\"")],
            "handler \"../app.handler\" is malformed; write file.function",
        ),
        (&[("handler", "\"app.\"")], "handler \"app.\" is malformed"),
        (
            &[("function_name", "\"two words\"")],
            "function_name \"two words\" is not one that Lambda takes",
        ),
        (
            &[("filename", "\"none.zip\"")],
            "filename \"none.zip\" cannot be read; name the function's zip.",
        ),
        (
            &[("filename", "null")],
            "the function's code is given by one of filename and s3.",
        ),
        (
            &[("mode", "\"Web\"")],
            "unknown mode \"Web\"; it is one of function, web, console.",
        ),
        (
            &[
                ("mode", "\"web\""),
                ("environment", "{ MOONLAYER_MODE = \"console\" }"),
            ],
            "mode is \"web\", MOONLAYER_MODE in environment another one",
        ),
        (
            &[("create_role", "false")],
            "role_arn goes with create_role = false, and has to be given then.",
        ),
        (
            &[("layer_zip", "\"a.zip\""), arn],
            "layer_zip is given, and layer_arn or versions too; keep one of them.",
        ),
        (
            &[("layer_zip", "\"none.zip\"")],
            "layer_zip \"none.zip\" cannot be read; `moonlayer layer build` makes the zip",
        ),
        (
            &[("layer_zip", "\"text.zip\"")],
            "layer_zip \"text.zip\" is not a zip; `moonlayer layer build` makes one",
        ),
    ];
    for (variables, expected) in cases {
        let mut all = vec![
            ("function_name", "\"hello\""),
            ("handler", "\"hello.handler\""),
        ];
        all.push(("filename", "\"a.zip\""));
        all.retain(|(name, _)| !variables.iter().any(|(other, _)| other == name));
        all.extend_from_slice(variables);
        let said = module.refused(ROOT, &all);
        assert!(
            said.iter().any(|text| text.contains(expected)),
            "{variables:?}: {said:?}"
        );
    }
}

#[test]
fn every_block_of_the_page_is_valid() {
    let mut count = 0;
    for block in Block::all("hcl") {
        let module = Module::new();
        for name in ["hello.zip", "one.zip", "two.zip", "lua-54-x86_64.zip"] {
            module.file(name, ZIP);
        }
        let published = "moonlayer/terraform/layer/tests/versions/published.json";
        fs::copy(
            module.path().join(published),
            module.path().join("versions.json"),
        )
        .expect("the versions of the tests");
        module.file("main.tf", &block.code);
        module.succeeds("", &["init", "-no-color"]);
        let said = module.succeeds("", &["validate", "-no-color"]);
        assert!(said.contains("Success!"), "{}: {said}", block.place);
        let formatted = module.terraform("", &["fmt", "-check", "main.tf"]);
        assert!(formatted.status.success(), "{}: not formatted", block.place);
        count += 1;
    }
    assert!(count >= 3, "the page has fewer blocks than it had");
}
