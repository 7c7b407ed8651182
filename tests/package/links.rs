//! Symbolic links: followed within the folder, refused where they lead nowhere or out of it.

use super::harness::Package;

#[test]
fn links_within_the_folder_are_packed_as_what_they_lead_to() {
    let package = Package::new()
        .file(".shared/rates.json", "{\"eur\":1}")
        .link("data/rates.json", "../.shared/rates.json")
        .link("shared", ".shared")
        .link("again.json", "data/rates.json");
    assert_eq!(
        package.names(&[]),
        [
            "again.json",
            "app.lua",
            "data/rates.json",
            "shared/rates.json"
        ]
    );
    for name in ["again.json", "data/rates.json", "shared/rates.json"] {
        assert_eq!(package.content(name), "{\"eur\":1}");
        assert!(!package.zip().by_name(name).expect(name).is_symlink());
    }
}

#[test]
fn an_absolute_link_into_the_folder_is_followed() {
    let package = Package::new().file("a.txt", "here");
    let target = package.path("a.txt").display().to_string();
    let package = package.link("b.txt", &target);
    package.run(&[]).succeeds();
    assert_eq!(package.content("b.txt"), "here");
}

#[test]
fn a_link_to_the_folder_is_followed_when_the_folder_itself_is_named_by_one() {
    let package = Package::new();
    std::os::unix::fs::symlink("f", package.beside("link")).expect("a new link");
    let mut command = package.command(&["--output", "f.zip"]);
    command.current_dir(package.beside("link"));
    assert!(command.output().is_ok());
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_moonlayer"));
    command
        .args(["package", "link"])
        .current_dir(package.beside(""));
    let output = command.output().expect("the built tool");
    assert!(output.stdout.starts_with(b"f.zip\n"), "{output:?}");
}

#[test]
fn a_link_out_of_the_folder_is_refused() {
    let package = Package::new().link("passwd", "/etc/passwd");
    package.refuses(
        &[],
        &["the link passwd leads out of the folder, to /etc/passwd; copy that"],
    );
    let package = Package::new().link("sub/up", "../..");
    package.refuses(
        &[],
        &[
            "the link sub/up leads out of the folder, to /",
            "; copy that",
        ],
    );
}

#[test]
fn a_link_to_a_folder_beside_whose_name_begins_the_same_leads_out() {
    let package = Package::new().link("data", "../f2");
    std::fs::create_dir(package.beside("f2")).expect("a new folder");
    let ran = package.run(&[]);
    assert_eq!(ran.code, Some(1));
    ran.says(&["the link data leads out of the folder, to /"]);
}

#[test]
fn a_dangling_link_is_refused() {
    let package = Package::new().link("data/old.json", "gone.json");
    package.refuses(
        &[],
        &["the link data/old.json leads to gone.json, which is not there; remove the link, or"],
    );
}

#[test]
fn links_without_an_end_are_refused() {
    let package = Package::new().link("a", "b").link("b", "a");
    package.refuses(
        &[],
        &[
            "cannot follow the link ",
            "; remove the link, or leave it out by",
        ],
    );
    let package = Package::new().link("sub/up", "..");
    package.refuses(&[], &["the link sub/up leads to a folder that it lies in"]);
    let package = Package::new().link("a/to_b", "../b").link("b/to_a", "../a");
    package.refuses(
        &[],
        &["leads to a folder that it lies in, so that the zip would have no end"],
    );
}

#[test]
fn a_link_that_is_left_out_may_lead_anywhere() {
    let package = Package::new()
        .link("passwd", "/etc/passwd")
        .link("gone", "nowhere")
        .link("self", "self")
        .link("up", "..")
        .link(".hidden", "/")
        .file(".moonignore", "passwd\ngone\nself\nup/\n");
    assert_eq!(package.names(&[]), ["app.lua"]);
}

#[test]
fn a_circle_that_is_entered_in_its_middle_is_named_by_the_link_that_closes_it() {
    let package = Package::new()
        .file(".p/q/data.txt", "here")
        .link("a", ".p/q")
        .link(".p/q/up", "..");
    package.refuses(
        &["--list"],
        &["the link a/up/q/up leads to a folder that it lies in"],
    );
}
