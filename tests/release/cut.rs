//! `release/cut` and `release/notes`, in a repository of the test's own with the project's files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::support::{Folder, project};

const VERSION: &str = env!("CARGO_PKG_VERSION");
const DAY: &str = "2026-11-21";
const CHANGELOG: &str = "# Changelog\n\nText.\n\n## Unreleased\n\n### Added\n\n- One thing.\n\n\
                         ## [0.0.1] - 2026-01-02\n\n- The beginning.\n";

/// A repository whose only commit holds what a release touches.
struct Repository {
    folder: Folder,
}

impl Repository {
    fn new() -> Self {
        Self::with_changelog(CHANGELOG)
    }

    fn with_changelog(changelog: &str) -> Self {
        let folder = Folder::new();
        for name in ["cli", "runtime", "tests", "release", "fuzz/fuzz_targets"] {
            folder.copy_from_into(&project().join(name), name);
        }
        for name in [
            "Cargo.toml",
            "Cargo.lock",
            "fuzz/Cargo.toml",
            "fuzz/Cargo.lock",
        ] {
            folder.file(name, fs::read(project().join(name)).expect(name));
        }
        for name in packages() {
            let bytes = fs::read(project().join(&name)).expect("it is there");
            folder.file(&name.display().to_string(), bytes);
        }
        // A package with a lock file, whatever the project has.
        let lock = r#"{"name": "p", "version": "0.0.9", "lockfileVersion": 3,
            "packages": {"": {"name": "p", "version": "0.0.9"}}}"#;
        if !folder.path().join("cdk/package.json").exists() {
            folder.file("cdk/package.json", r#"{"name": "p", "version": "0.0.9"}"#);
            folder.file("cdk/package-lock.json", lock);
        }
        folder.file("CHANGELOG.md", changelog);
        let repository = Self { folder };
        repository.git(&["init", "--quiet"]);
        repository.git(&["add", "--all"]);
        repository.git(&["commit", "--quiet", "--message", "All"]);
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) -> String {
        let output = self.command("git").args(arguments).output().expect("git");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {said}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// A program in the repository, whatever the machine's own settings of git are.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        for person in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{person}_NAME"), "Ada")
                .env(format!("GIT_{person}_EMAIL"), "ada@example.org");
        }
        command
    }

    fn cut(&self, arguments: &[&str]) -> Output {
        let script = self.path().join("release/cut");
        let script = script.to_str().expect("a name of UTF-8");
        self.command(script).args(arguments).output().expect("bash")
    }

    /// The error of a cut that left everything as it was.
    #[track_caller]
    fn refuses(&self, arguments: &[&str]) -> String {
        let before = (self.git(&["rev-parse", "HEAD"]), self.status());
        let output = self.cut(arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        let after = (self.git(&["rev-parse", "HEAD"]), self.status());
        assert_eq!(before, after, "{arguments:?}");
        error
    }

    fn status(&self) -> String {
        self.git(&["status", "--porcelain"])
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect(name)
    }
}

/// The packages for npm, as far as the project has them, with their lock files.
fn packages() -> Vec<PathBuf> {
    let mut names = Vec::new();
    for package in ["plugin", "cdk"] {
        for file in ["package.json", "package-lock.json"] {
            names.push(Path::new(package).join(file));
        }
    }
    names.retain(|name| project().join(name).exists());
    names
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout.clone()).expect("text")
}

#[test]
fn the_packages_for_npm_have_the_version_of_the_workspace() {
    for name in packages() {
        let text = fs::read_to_string(project().join(&name)).expect("it is there");
        let package: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(package["version"], VERSION, "{}", name.display());
    }
}

#[test]
fn a_cut_moves_what_is_unreleased_and_sets_every_version() {
    let repository = Repository::new();
    let said = succeeds(&repository.cut(&["7.8.9-rc.1", DAY]));
    assert!(said.contains("git push origin v7.8.9-rc.1"), "{said}");
    assert_eq!(
        repository.text("CHANGELOG.md"),
        CHANGELOG.replace(
            "## Unreleased\n",
            "## Unreleased\n\n## [7.8.9-rc.1] - 2026-11-21\n"
        )
    );
    let whole = repository.text("Cargo.toml");
    let before = fs::read_to_string(project().join("Cargo.toml")).expect("the file");
    assert_eq!(
        whole,
        before.replacen(
            &format!("version = \"{VERSION}\""),
            "version = \"7.8.9-rc.1\"",
            1
        )
    );
    for name in ["cdk/package.json", "cdk/package-lock.json"] {
        if let Ok(text) = fs::read_to_string(repository.path().join(name)) {
            let package: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(package["version"], "7.8.9-rc.1", "{name}");
            assert_ne!(package["packages"][""]["version"], "0.0.9", "{name}");
        }
    }
    assert_eq!(repository.status(), "");
    assert_eq!(
        repository.git(&["log", "--format=%s"]),
        "Release 7.8.9-rc.1\nAll\n"
    );
    // The lock file fits: cargo has nothing to change in it.
    let metadata = repository
        .command(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version=1"])
        .output()
        .expect("cargo");
    let metadata: Value = serde_json::from_str(&succeeds(&metadata)).expect("JSON");
    let packages = metadata["packages"].as_array().expect("a list");
    let ours = packages.iter().filter(|package| {
        let name = package["name"].as_str().unwrap_or_default();
        name.starts_with("moonlayer")
    });
    let versions: Vec<_> = ours.map(|package| package["version"].clone()).collect();
    assert_eq!(versions, ["7.8.9-rc.1"; 3]);
    // The fuzz target is no product, and has no version to speak of.
    let lock = repository.text("fuzz/Cargo.lock");
    assert!(lock.contains("name = \"moonlayer\"\nversion = \"7.8.9-rc.1\"\n"));
    assert!(lock.contains("name = \"moonlayer-fuzz\"\nversion = \"0.0.0\"\n"));
}

#[test]
fn notes_are_the_text_of_one_version() {
    let repository = Repository::new();
    succeeds(&repository.cut(&["7.8.9", DAY]));
    let notes = |version: &str| {
        let script = repository.path().join("release/notes");
        repository
            .command(script.to_str().expect("a name of UTF-8"))
            .arg(version)
            .output()
            .expect("bash")
    };
    assert_eq!(succeeds(&notes("7.8.9")), "### Added\n\n- One thing.\n");
    assert_eq!(succeeds(&notes("0.0.1")), "- The beginning.\n");
    for version in ["7.8", "7x8x9", "1.0.0", ""] {
        let output = notes(version);
        assert_eq!(output.status.code(), Some(1), "{version}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("cut the release"), "{error}");
    }
}

#[test]
fn the_day_is_that_of_source_date_epoch_unless_given() {
    let repository = Repository::new();
    let script = repository.path().join("release/cut");
    let output = repository
        .command(script.to_str().expect("a name of UTF-8"))
        .arg("7.8.9")
        .env("SOURCE_DATE_EPOCH", "86399")
        .output()
        .expect("bash");
    succeeds(&output);
    let changelog = repository.text("CHANGELOG.md");
    assert!(
        changelog.contains("## [7.8.9] - 1970-01-01\n"),
        "{changelog}"
    );
}

#[test]
fn the_version_that_was_never_cut_may_be_the_first() {
    let repository = Repository::new();
    succeeds(&repository.cut(&[VERSION, DAY]));
    assert_eq!(repository.status(), "");
}

#[test]
fn what_is_no_version_or_no_day_is_refused() {
    let repository = Repository::new();
    for version in [
        "",
        "v7.8.9",
        "7.8",
        "7.8.9.0",
        "07.8.9",
        "7.8.9-",
        "7.8.9-rc..1",
        "7.8.9-01",
        "7.8.9+b",
        "7.8.9 ",
        "7.8.9\n",
        "$(id)",
        "-h",
    ] {
        let error = repository.refuses(&[version, DAY]);
        assert!(error.contains("is no version"), "{version}: {error}");
    }
    for day in ["", "21.11.2026", "2026-13-01", "2026-02-30", "tomorrow"] {
        let error = repository.refuses(&["7.8.9", day]);
        assert!(error.contains("is no day"), "{day}: {error}");
    }
    for arguments in [&[][..], &["7.8.9", DAY, "more"]] {
        assert!(repository.refuses(arguments).contains("usage"));
    }
}

#[test]
fn an_older_version_is_refused() {
    let repository = Repository::new();
    succeeds(&repository.cut(&["7.8.9", DAY]));
    let changelog = repository.text("CHANGELOG.md");
    let changelog = changelog.replace("## Unreleased\n", "## Unreleased\n\n- More.\n");
    repository.folder.file("CHANGELOG.md", changelog);
    repository.git(&["commit", "--quiet", "--all", "--message", "More"]);
    for version in ["7.8.8", "7.8.9-rc.1", "6.9.9", "7.8.9-z"] {
        let error = repository.refuses(&[version, DAY]);
        assert!(error.contains("is older than 7.8.9"), "{error}");
    }
    succeeds(&repository.cut(&["7.8.10", DAY]));
}

#[test]
fn a_second_cut_is_refused() {
    let repository = Repository::new();
    succeeds(&repository.cut(&["7.8.9", DAY]));
    let error = repository.refuses(&["7.8.9", DAY]);
    assert!(error.contains("has a heading for 7.8.9 already"), "{error}");
    let error = repository.refuses(&["7.9.0", DAY]);
    assert!(error.contains("nothing stands under Unreleased"), "{error}");
}

#[test]
fn a_tag_that_is_there_is_refused() {
    let repository = Repository::new();
    repository.git(&["tag", "v7.8.9"]);
    let error = repository.refuses(&["7.8.9", DAY]);
    assert!(error.contains("the tag v7.8.9 is there"), "{error}");
}

#[test]
fn a_checkout_with_changes_is_refused() {
    let repository = Repository::new();
    let new = repository.folder.file("new.txt", "new");
    let error = repository.refuses(&["7.8.9", DAY]);
    assert!(error.contains("the checkout has changes"), "{error}");
    fs::remove_file(new).expect("our own file");
    repository
        .folder
        .file("Cargo.toml", repository.text("Cargo.toml") + "\n");
    let error = repository.refuses(&["7.8.9", DAY]);
    assert!(error.contains("the checkout has changes"), "{error}");
}

#[test]
fn a_changelog_without_anything_unreleased_is_refused() {
    for (unreleased, cause) in [
        ("## Unreleased\n\n", "nothing stands under Unreleased"),
        (
            "## Unreleased\n\n### Added\n\n",
            "nothing stands under Unreleased",
        ),
        ("", "has not one heading"),
        ("## Unreleased\n- a\n## Unreleased\n", "has not one heading"),
    ] {
        let changelog = format!("# Changelog\n\n{unreleased}## [0.0.1] - 2026-01-02\n\n- Old.\n");
        let repository = Repository::with_changelog(&changelog);
        let error = repository.refuses(&["7.8.9", DAY]);
        assert!(error.contains(cause), "{error}");
    }
}

#[test]
fn a_cut_that_cannot_commit_changes_nothing() {
    let repository = Repository::new();
    let hook = repository
        .folder
        .executable("hook", "#!/bin/sh\necho no >&2\nexit 1\n");
    let hooks = repository.path().join(".git/hooks/pre-commit");
    fs::create_dir_all(hooks.parent().expect("a folder")).expect("a folder");
    fs::rename(hook, hooks).expect("a move");
    let error = repository.refuses(&["7.8.9", DAY]);
    assert!(error.contains("nothing was changed"), "{error}");
}
