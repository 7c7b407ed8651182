//! `web.file` and `web.files`: which files are served, which parts of them, and which never are.

#[path = "web_files/parts.rs"]
mod parts;
mod support;
mod web_app;

use std::os::unix::fs::symlink;

use serde_json::{Value, json};
use support::{Folder, Function};
use web_app::{answers, app, ask};

/// An app over a folder `site` with some files, which `body` adds routes to.
fn site(body: &str) -> Function {
    app(body)
        .file("site/index.html", "<h1>home</h1>")
        .file("site/docs/index.html", "docs")
        .file("site/docs/page.html", "page")
        .file("site/empty/.keep", "")
        .file("site/n.txt", "0123456789")
        .file("site/none.bin", "")
        .file("site/app.js", "let a")
        .file("site/app.js.gz", "packed")
        .file("site/app.js.br", "brotli")
        .file("site/ü b.txt", "umlaut")
        .file("site/raw.bin", [0xff, 0xfe])
        .file("site/.env", "SECRET=1")
        .file("site/.git/config", "secret")
        .file("site/.well-known/x", "known")
        .file("secret.txt", "secret")
        .file("sites/x.txt", "secret")
}

const STATIC: &str = "app:get('/s/*path', web.files('site'))";

/// Status and body of an answer.
fn told(answer: &Value) -> (u64, &str) {
    let status = answer["statusCode"].as_u64().expect("a status");
    (status, answer["body"].as_str().expect("a body"))
}

#[test]
fn files_have_their_type_their_tag_and_no_guessing() {
    let given = answers(
        site(STATIC),
        [
            "GET /s/n.txt",
            "GET /s/app.js",
            "GET /s/index.html",
            "GET /s/raw.bin",
            "GET /s/none.bin",
        ]
        .map(|line| ask(line, &[])),
    );
    assert_eq!(
        given[0]["headers"],
        json!({
            "accept-ranges": "bytes",
            "content-type": "text/plain; charset=utf-8",
            // The beginning of the content's SHA-256.
            "etag": "\"84d89877f0d4041efb6bf91a16f0248f\"",
            "x-content-type-options": "nosniff",
        })
    );
    assert_eq!(told(&given[0]), (200, "0123456789"));
    assert_eq!(
        given[1]["headers"]["content-type"],
        "text/javascript; charset=utf-8"
    );
    assert_eq!(
        given[2]["headers"]["content-type"],
        "text/html; charset=utf-8"
    );
    assert_eq!(
        given[3]["headers"]["content-type"],
        "application/octet-stream"
    );
    assert_eq!(given[3]["isBase64Encoded"], true);
    assert_eq!(given[3]["body"], "//4=");
    assert_eq!(told(&given[4]), (200, ""));
}

#[test]
fn no_path_leads_out_of_the_folder_nor_to_what_is_hidden() {
    let folder = Folder::new();
    let outside = folder.file("outside.txt", "secret");
    let function = site(
        "local options = { fallback = 'index.html' }
         app:get('/s/*path', web.files('site'))
         app:mount('/m', web.files('./site/', options))",
    );
    let root = function.root().path().join("site");
    symlink(&outside, root.join("link.txt")).expect("a new link");
    symlink(folder.path(), root.join("folder")).expect("a new link");
    symlink("../sites", root.join("near")).expect("a new link");
    symlink("n.txt", root.join("inner.txt")).expect("a new link");
    symlink("nowhere", root.join("broken.txt")).expect("a new link");
    let paths = [
        "../secret.txt",
        "..%2fsecret.txt",
        "..%2Fsecret.txt",
        "%2e%2e/secret.txt",
        "%2E%2E%2Fsecret.txt",
        "%252e%252e/secret.txt",
        "..\\secret.txt",
        "..%5csecret.txt",
        "docs/../../secret.txt",
        "docs/%2e%2e/%2e%2e/secret.txt",
        "docs/../n.txt",
        "./n.txt",
        "/etc/passwd",
        "//etc/passwd",
        "%2fetc%2fpasswd",
        "n.txt%00",
        "n.txt%00.html",
        "secret.txt%00/../n.txt",
        "n.txt/",
        "n.txt%0a",
        ".env",
        ".git/config",
        "%2egit/config",
        "link.txt",
        "folder/outside.txt",
        "near/x.txt",
        "broken.txt",
        "empty/.keep",
        "docs//index.html",
        "docs%2fpage.html",
        "docs/%2fpage.html",
        "~root/.ssh.txt",
        &"a/".repeat(3_000),
    ];
    let mut lines: Vec<_> = paths.iter().map(|path| format!("GET /s/{path}")).collect();
    lines.extend(paths.iter().map(|path| format!("GET /m/{path}")));
    lines.extend([
        "GET /s/inner.txt".to_owned(),
        "GET /s/.well-known/x".to_owned(),
    ]);
    let run = lines
        .iter()
        .fold(function, |function, line| function.invoke(ask(line, &[])))
        .run();
    for (line, post) in lines.iter().zip(run.posts()) {
        let answer = post.json();
        let served = matches!(line.as_str(), "GET /s/inner.txt" | "GET /s/.well-known/x");
        // The page of an app with routes of its own stands for no name of a file.
        let page = line.starts_with("GET /m/") && answer["body"] == "<h1>home</h1>";
        let expected = if served || page { 200 } else { 404 };
        assert_eq!(answer["statusCode"], expected, "{line}");
        assert!(
            !post.text().contains("secret") && !post.text().contains("root:"),
            "{line}"
        );
    }
    assert!(
        run.stdout().contains(
            "\tWARN\tthe file \"link.txt\" is not served: it is a symbolic link out of site"
        ),
        "{}",
        run.stdout()
    );
    assert_eq!(run.posts().last().expect("posts").json()["body"], "known");
}

#[test]
fn a_folder_is_its_index_or_nothing() {
    let given = answers(
        site(
            "app:get('/s/*path', web.files('site'))
             app:get('/p/*path', web.files('site', { index = 'page.html' }))
             app:get('/no/*path', web.files('site/', { index = false }))
             app:mount('/m', web.files('site'))",
        ),
        [
            "/s/",
            "/s/docs/",
            "/s/docs",
            "/s/empty/",
            "/s/empty",
            "/p/docs/",
            "/p/",
            "/no/docs/",
            "/no/docs",
            "/no/n.txt",
            "/m",
            "/m/",
            "/m/docs/page.html",
            "/s",
        ]
        .map(|path| ask(&format!("GET {path}"), &[])),
    );
    let statuses: Vec<_> = given.iter().map(|answer| told(answer).0).collect();
    assert_eq!(
        statuses,
        [
            200, 200, 200, 404, 404, 200, 404, 404, 404, 200, 200, 200, 200, 404
        ]
    );
    assert_eq!(given[1]["body"], "docs");
    assert_eq!(given[5]["body"], "page");
    assert_eq!(given[11]["body"], "<h1>home</h1>");
}

#[test]
fn the_options_of_a_folder_do_what_they_say() {
    let given = answers(
        site(
            "app:mount('/spa', web.files('site', {
               fallback = 'index.html',
               cache_control = function(path) return path == 'index.html' and 'no-cache' or 'max-age=9' end,
             }))
             app:mount('/dots', web.files('site', {
               dotfiles = true, types = { txt = 'text/x-mine' }, headers = { ['X-A'] = 'b' },
               cache_control = 'no-store',
             }))",
        ),
        [
            "GET /spa/users/7", "GET /spa/app.js", "GET /spa/none.js", "GET /dots/.env",
            "GET /dots/n.txt", "POST /dots/n.txt", "GET /dots/..%2fsecret.txt", "HEAD /dots/n.txt",
        ]
        .map(|line| ask(line, &[])),
    );
    assert_eq!(told(&given[0]), (200, "<h1>home</h1>"));
    assert_eq!(given[0]["headers"]["cache-control"], "no-cache");
    assert_eq!(given[1]["headers"]["cache-control"], "max-age=9");
    assert_eq!(told(&given[2]).0, 404);
    assert_eq!(told(&given[3]), (200, "SECRET=1"));
    assert_eq!(given[4]["headers"]["content-type"], "text/x-mine");
    assert_eq!(given[4]["headers"]["x-a"], "b");
    assert_eq!(given[4]["headers"]["cache-control"], "no-store");
    assert_eq!(told(&given[5]).0, 405);
    assert_eq!(given[5]["headers"]["allow"], "GET, HEAD");
    assert_eq!(told(&given[6]).0, 404);
    assert_eq!(told(&given[7]), (200, ""));
    assert_eq!(given[7]["headers"]["etag"], given[4]["headers"]["etag"]);
}

#[test]
fn a_file_is_an_answer_with_its_options() {
    let given = answers(
        site(
            "app:get('/a', function(req)
               return web.file('site/n.txt', { request = req, download = true })
             end)
             app:get('/b', function() return web.file('site/n.txt', { download = 'a \"ü\".txt' }) end)
             app:get('/c', function() return web.file('site/index.html', { status = 404 }) end)
             app:get('/d', function() return web.file('site/n.txt', { type = 'text/x-mine' }) end)
             app:get('/e', function() return web.file('site/nothing.txt') end)
             app:get('/f', function() return web.file('site') end)",
        ),
        [
            ask("GET /a", &[("range", "bytes=1-2")]),
            ask("GET /b", &[("range", "bytes=1-2")]),
            ask("GET /c", &[]),
            ask("GET /d", &[]),
            ask("GET /e", &[]),
            ask("GET /f", &[]),
        ],
    );
    assert_eq!(told(&given[0]), (206, "12"));
    let disposition = |nth: usize| given[nth]["headers"]["content-disposition"].clone();
    assert_eq!(disposition(0), "attachment; filename=\"n.txt\"");
    assert_eq!(told(&given[1]), (200, "0123456789"));
    assert_eq!(
        disposition(1),
        "attachment; filename=\"a ____.txt\"; filename*=UTF-8''a%20%22%C3%BC%22.txt"
    );
    assert_eq!(told(&given[2]), (404, "<h1>home</h1>"));
    assert_eq!(given[3]["headers"]["content-type"], "text/x-mine");
    assert_eq!(told(&given[4]).0, 404);
    assert_eq!(told(&given[5]).0, 404);
}

#[test]
fn a_file_that_changes_is_seen_and_one_that_is_no_file_is_not_opened() {
    let given = answers(
        site(
            "local function write(text)
               local file = assert(io.open('site/n.txt', 'w'))
               file:write(text)
               file:close()
             end
             app:mount('/s', web.files('site'))
             app:get('/write', function() write('changed') return 'x' end)
             app:get('/pipe', function() return tostring(os.execute('mkfifo site/pipe.txt')) end)",
        ),
        [
            "GET /s/n.txt",
            "GET /write",
            "GET /s/n.txt",
            "GET /pipe",
            "GET /s/pipe.txt",
        ]
        .map(|line| ask(line, &[])),
    );
    assert_eq!(given[0]["body"], "0123456789");
    assert_eq!(given[2]["body"], "changed");
    assert_ne!(given[0]["headers"]["etag"], given[2]["headers"]["etag"]);
    assert_eq!(told(&given[4]).0, 404);
}

#[test]
fn misuse_is_told_where_it_stands() {
    for (code, message) in [
        (
            "web.files()",
            "bad argument #1 to 'files' (folder expected, got nil)",
        ),
        (
            "web.files('nowhere')",
            "files: there is no folder \"nowhere\"; paths begin at the task root, ROOT",
        ),
        (
            "web.files('main.lua')",
            "files: there is no folder \"main.lua\"; paths begin at the task root, ROOT",
        ),
        (
            "web.files('.', { x = 1 })",
            "files: no option x; there are cache_control, dotfiles, fallback, headers, index, \
             precompressed, types",
        ),
        (
            "web.files('.', { index = 1 })",
            "files: index is 1; it is a file's name, or false for none",
        ),
        (
            "web.files('.', { dotfiles = 1 })",
            "files: dotfiles is 1; it is true or false",
        ),
        (
            "web.files('.', { fallback = 'no.html' })",
            "files: there is no file \"no.html\" in . for the fallback",
        ),
        (
            "web.files('.', 5)",
            "bad argument #2 to 'files' (table expected, got number)",
        ),
        (
            "web.file(5)",
            "bad argument #1 to 'file' (path expected, got number)",
        ),
        (
            "web.file('')",
            "bad argument #1 to 'file' (path expected, got none)",
        ),
        (
            "web.file('a/../b')",
            "file: the path \"a/../b\" leads out of its folder; web.files is for paths that a user \
             sends",
        ),
        (
            "web.file('x', { request = 1 })",
            "file: request is 1; it is the request",
        ),
        (
            "web.file('x', { download = 1 })",
            "file: download is 1; it is true or the name that the file is to have",
        ),
    ] {
        let function = app(&format!(
            "local ok, err = pcall(function()\nreturn {code}, 1\nend)\nassert(not ok)\n\
             app:get('/', function() return err end)"
        ));
        let root = function.root().path().display().to_string();
        let given = answers(function, [ask("GET /", &[])]);
        let message = format!("main.lua:4: {message}").replace("ROOT", &root);
        assert_eq!(given[0]["body"], message, "{code}");
    }
}
