//! The sample functions give the answers that stand beside their events.

#[path = "samples/state.rs"]
mod state;
mod support;

use std::fs;

use support::{Event, Function, Sample, in_form_of, project};

/// The sample as it is deployed.
fn function(sample: &Sample) -> Function {
    let mut function = Function::folder(&sample.root(), &sample.handler);
    for (name, value) in &sample.env {
        function = function.env(name, value);
    }
    function
}

#[test]
fn every_sample_gives_its_expected_answers() {
    for sample in Sample::all() {
        let mut function = function(&sample);
        for case in &sample.cases {
            function = function.invoke(Event::json(&case.event));
        }
        let run = function.run();
        let posts = run.posts();
        assert_eq!(posts.len(), sample.cases.len(), "{}", run.transcript());
        for (post, case) in posts.iter().zip(&sample.cases) {
            let name = format!("{} {}", sample.name, case.name);
            let fails = case.expected.get("errorType").is_some();
            let kind = if fails { "/error" } else { "/response" };
            assert!(post.path.ends_with(kind), "{name} posts to {}", post.path);
            let answer = in_form_of(&case.expected, post.json());
            assert_eq!(answer, case.expected, "{name}");
        }
    }
}

#[test]
fn a_sample_whose_variables_are_empty_does_not_start_and_names_one() {
    for sample in Sample::all() {
        let mut function = Function::folder(&sample.root(), &sample.handler);
        let own = |name: &&String| !name.starts_with("MOONLAYER_");
        let names: Vec<_> = sample
            .env
            .iter()
            .map(|(name, _)| name)
            .filter(own)
            .collect();
        for name in &names {
            function = function.env(name, "");
        }
        if names.is_empty() {
            continue;
        }
        let run = function.ends().run();
        assert!(run.post().path.ends_with("/init/error"), "{}", sample.name);
        let body = run.post().json();
        let message = body["errorMessage"].as_str().expect("a message");
        let named = names.iter().any(|name| message.contains(*name));
        assert!(named, "{}: {message}", sample.name);
    }
}

#[test]
fn every_folder_of_samples_has_events_and_every_event_a_sample() {
    let samples = project().join("sample-functions");
    let folders = |path| {
        let mut names: Vec<_> = fs::read_dir(path)
            .expect("the project has samples")
            .map(|entry| entry.expect("a readable folder"))
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().into_string().expect("a name of UTF-8"))
            // The sources of the two rocks that samples install, and what Serverless makes.
            .filter(|name| name != "events" && name != "rocks" && name != ".serverless")
            .collect();
        names.sort();
        names
    };
    assert_eq!(folders(samples.clone()), folders(samples.join("events")));
}
