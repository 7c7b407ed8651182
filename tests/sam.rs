//! `sam build` makes the layer and the sample functions, and the emulator of AWS serves what it
//! made.
//!
//! The built layer's folder takes the place of `/opt`: its bootstrap is started by its path
//! there. Nothing that the samples need lies elsewhere in `/opt`, so that no mount is needed, and
//! none of the rights a mount needs.
//!
//! The template's functions are for x86-64, and so are their rocks in C: on another processor
//! there is nothing here.
#![cfg(target_arch = "x86_64")]

#[path = "sam/built.rs"]
mod built;
mod support;
#[path = "layer/tools.rs"]
mod tools;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use built::{Built, in_the_template, sam};
use support::{in_form_of, project};

#[test]
fn the_template_is_valid_and_without_lint() {
    let output = sam(&["validate", "--lint"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("is a valid SAM Template"), "{said}");
    let warned = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !warned.contains("Linting failed") && !warned.contains("[W"),
        "{warned}"
    );
}

#[test]
fn every_sample_folder_is_a_function_of_the_template() {
    let folders: BTreeSet<_> = fs::read_dir(project().join("sample-functions"))
        .expect("the samples")
        .map(|entry| entry.expect("a readable folder"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().expect("text"))
        .filter(|name| name != "events" && name != "rocks")
        .collect();
    let functions: BTreeSet<_> = in_the_template()
        .into_iter()
        .map(|function| function.sample)
        .collect();
    assert_eq!(functions, folders);
}

#[test]
fn the_handlers_of_the_template_are_those_of_the_samples() {
    for function in in_the_template() {
        let setting = function.events().join("handler.txt");
        let setting = fs::read_to_string(&setting)
            .unwrap_or_else(|error| panic!("{}: {error}", setting.display()));
        assert_eq!(function.handler, setting.trim(), "{}", function.sample);
    }
}

#[test]
fn the_template_sets_the_variables_that_the_events_are_made_for() {
    for function in in_the_template() {
        let env = function.env();
        let mut variables = function.variables;
        for (name, value) in &mut variables {
            // What is a parameter of the template has another value in each deployment.
            *value = value.take().or_else(|| env.get(name).cloned());
        }
        let env = env.into_iter().map(|(name, value)| (name, Some(value)));
        assert_eq!(variables, env.collect(), "{}", function.sample);
    }
}

#[test]
fn the_built_layer_is_what_opt_holds() {
    let layer = &Built::once().layer;
    let mode = |name| {
        fs::metadata(layer.join(name))
            .expect(name)
            .permissions()
            .mode()
            & 0o7777
    };
    assert_eq!(mode("bootstrap"), 0o755);
    assert_eq!(mode("share/doc/moonlayer/NOTICES"), 0o644);
    let link = fs::read_link(layer.join("bin/lua")).expect("a link");
    assert_eq!(link.to_str(), Some("../bootstrap"));
}

#[test]
fn script_only_functions_are_deployed_from_their_folders() {
    for function in &Built::once().functions {
        let source = project().join("sample-functions").join(&function.sample);
        let rocks = source.join("Makefile").is_file();
        let in_place = function.code == source.canonicalize().expect("the sample");
        assert_eq!(
            in_place,
            !rocks,
            "{}: {}",
            function.sample,
            function.code.display()
        );
        if rocks {
            let names: BTreeSet<_> = fs::read_dir(&function.code)
                .expect("the built function")
                .map(|entry| {
                    entry
                        .expect("an entry")
                        .file_name()
                        .into_string()
                        .expect("text")
                })
                .collect();
            assert_eq!(
                names,
                ["app.lua".to_owned(), "lua_modules".to_owned()].into()
            );
        }
    }
}

#[test]
fn every_built_function_answers_its_event_in_the_emulator() {
    let built = Built::once();
    for function in &built.functions {
        let emulator = built.serve(function);
        let (event, expected) = function.case();
        let reply = in_form_of(&expected, emulator.invoke(&event));
        assert_eq!(reply, expected, "{}", function.sample);
    }
}
