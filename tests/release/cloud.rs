//! `release/cloud-test` as a script. No account is in reach: `sam` and `aws` are stand-ins that
//! note what they were asked, and `aws lambda invoke` answers by a real run of the sample.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Output};

use super::support::{Folder, Sample, project};

const SAM: &str = r#"#!/bin/sh
echo "sam $*" >> "$NOTES"
if [ "$1" = "$SAM_FAILS" ]; then
  echo "made to fail" >&2
  exit 1
fi
"#;

/// The physical name of a function is its logical id with `stack-` before it.
const AWS: &str = r#"#!/bin/bash
case "$1 $2" in
  "sts get-caller-identity") echo 123456789012 ;;
  "cloudformation describe-stacks") exit "${NO_STACK:-255}" ;;
  "cloudformation describe-stack-resource") echo "stack-$6" ;;
  "lambda invoke")
    id=${4#stack-} event=${6#fileb://} answer=${!#}
    sample=$(awk -v id="  $id:" '
      $0 == id { found = 1 }
      found && $1 == "CodeUri:" { print $2; exit }' template.yaml)
    name=$(basename "$sample")
    echo "invoke $name $(basename "$event")" >> "$NOTES"
    if [[ "$name" == "$REFUSED" ]]; then
      echo "made to fail" >&2
      exit 254
    fi
    handler=$(cat "sample-functions/events/$name/handler.txt")
    variables="sample-functions/events/$name/env.txt"
    [[ -e "$variables" ]] || variables=/dev/null
    if "$MOONLAYER" invoke "$handler" --root "$ROOTS/$name" --env-file "$variables" -f "$event" \
      > "$answer"; then
      echo None
    else
      echo Unhandled
    fi
    if [[ "$name" == "$WRONG" ]]; then
      echo '{"message":"another"}' > "$answer"
    fi
    ;;
  *) echo "aws $*" >> "$NOTES"; exit 2 ;;
esac
"#;

/// The stand-ins, and the samples as they are deployed.
struct Cloud {
    folder: Folder,
    samples: Vec<Sample>,
}

impl Cloud {
    fn new() -> Self {
        Self::with(Sample::all())
    }

    fn with(samples: Vec<Sample>) -> Self {
        let folder = Folder::new();
        folder.executable("sam", SAM);
        folder.executable("aws", AWS);
        for sample in &samples {
            symlink(sample.root(), folder.path().join(&sample.name)).expect("a new link");
        }
        Self { folder, samples }
    }

    /// Runs the script; gives how it ended, and what `sam` was asked and what was invoked.
    fn test(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (Output, String) {
        let scratch = Folder::new();
        let notes = scratch.file("notes", "");
        let path = format!(
            "{}:/usr/local/bin:/usr/bin:/bin",
            self.folder.path().display()
        );
        let output = Command::new(project().join("release/cloud-test"))
            .args(arguments)
            .env_clear()
            .env("PATH", path)
            .env("NOTES", &notes)
            .env("ROOTS", self.folder.path())
            .env("MOONLAYER", env!("CARGO_BIN_EXE_moonlayer"))
            .envs(variables.iter().copied())
            .output()
            .expect("bash");
        (output, fs::read_to_string(notes).expect("our own file"))
    }
}

const REGION: [&str; 2] = ["--region", "eu-west-1"];
const DELETE: &str =
    "sam delete --stack-name moonlayer-cloud-test --region eu-west-1 --no-prompts\n";

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_event_of_every_sample_is_invoked_and_the_stack_deleted() {
    let cloud = Cloud::new();
    let (output, notes) = cloud.test(&REGION, &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", stderr(&output));
    let mut count = 0;
    for sample in &cloud.samples {
        for case in &sample.cases {
            assert!(notes.contains(&format!("invoke {} {}\n", sample.name, case.name)));
            count += 1;
        }
    }
    assert!(
        said.ends_with(&format!("{count} passed, 0 failed\n")),
        "{said}"
    );
    assert!(notes.starts_with("sam build\nsam deploy --stack-name moonlayer-cloud-test "));
    assert!(notes.ends_with(DELETE), "{notes}");
    // What the events are signed with.
    assert!(notes.contains(" --parameter-overrides "), "{notes}");
    for parameter in [
        "SlackSigningSecret=signing-secret-of-the-tests",
        "MailTo=staff@",
    ] {
        assert!(notes.contains(parameter), "{notes}");
    }

    // One that is kept may be there already.
    let there = [("NO_STACK", "0"), ("AWS_REGION", "eu-west-1")];
    let (output, notes) = cloud.test(&["--keep"], &there);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!notes.contains("sam delete"), "{notes}");
    assert!(stderr(&output).contains(DELETE), "{}", stderr(&output));
}

#[test]
fn a_wrong_answer_and_a_refused_call_are_told_and_the_stack_remains() {
    let cloud = Cloud::new();
    for (variable, sample) in [("WRONG", "hello"), ("REFUSED", "echo")] {
        let (output, notes) = cloud.test(&REGION, &[(variable, sample)]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains(&format!("FAIL {sample}/event.json\n")),
            "{said}"
        );
        assert!(said.contains(", 1 failed\n"), "{said}");
        assert!(stderr(&output).contains(DELETE), "{}", stderr(&output));
        assert!(!notes.contains("sam delete"), "{notes}");
    }
}

#[test]
fn what_cannot_be_deployed_is_not_invoked() {
    let cloud = Cloud::with(Vec::new());
    for step in ["build", "deploy"] {
        let (output, notes) = cloud.test(&REGION, &[("SAM_FAILS", step)]);
        assert_eq!(output.status.code(), Some(1));
        assert!(!notes.contains("invoke"), "{notes}");
        let remains = stderr(&output).contains("the stack remains");
        assert_eq!(remains, step == "deploy", "{}", stderr(&output));
    }
    let (output, notes) = cloud.test(&REGION, &[("NO_STACK", "0")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is there already in eu-west-1, account 123456789012"));
    assert_eq!(notes, "");
}

#[test]
fn wrong_arguments_and_a_missing_region_are_refused() {
    let cloud = Cloud::with(Vec::new());
    for arguments in [&["--stack"][..], &["--help"], &["eu-west-1"]] {
        let (output, _) = cloud.test(arguments, &[]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("usage:"), "{}", stderr(&output));
    }
    let (output, _) = cloud.test(&[], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no region: give --region"));
}
