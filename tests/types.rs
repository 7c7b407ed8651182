//! The definitions in `runtime/types` describe what the built-in modules export, all of it and
//! nothing else.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;
use support::{lua, project};

#[test]
fn every_export_of_a_built_in_is_described_and_nothing_else_is() {
    let mut described = BTreeMap::new();
    describe(&project().join("runtime/types"), &mut described);
    // One file describes both; they differ in how they fail.
    let cjson = described
        .get("cjson")
        .expect("runtime/types/cjson.lua")
        .clone();
    described.insert("cjson.safe".to_owned(), cjson);
    assert_eq!(described, exported());
}

/// The built-ins and their keys, as the runtime itself tells.
fn exported() -> BTreeMap<String, BTreeSet<String>> {
    // Those called lambda are preloaded; the others are found after the paths.
    let script = r#"
        local json = require("lambda.json")
        local names, exports = { "cjson", "cjson.safe" }, {}
        for name in pairs(package.preload) do
          -- LuaJIT has some of its own there.
          if name:find("^lambda") then
            names[#names + 1] = name
          end
        end
        for _, name in ipairs(names) do
          local keys = json.array({})
          local module = require(name)
          for key in pairs(module) do
            keys[#keys + 1] = key
          end
          exports[name] = keys
        end
        io.write(json.encode(exports))
    "#;
    let output = lua(["-e", script]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let exports: Value = serde_json::from_slice(&output.stdout).expect("JSON of our own");
    let exports = exports.as_object().expect("an object");
    let keys = |keys: &Value| {
        let keys = keys.as_array().expect("an array").iter();
        keys.map(|key| key.as_str().expect("a string").to_owned())
            .collect()
    };
    exports
        .iter()
        .map(|(name, value)| (name.clone(), keys(value)))
        .collect()
}

/// Adds the modules that the definition files below `folder` describe.
fn describe(folder: &Path, described: &mut BTreeMap<String, BTreeSet<String>>) {
    for entry in fs::read_dir(folder).expect("the project has types") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            describe(&path, described);
            continue;
        }
        let text = fs::read_to_string(&path).expect("text");
        let place = path.display();
        let module = text.lines().find_map(|line| line.strip_prefix("---@meta "));
        let module = module.unwrap_or_else(|| panic!("{place} has no `---@meta NAME`"));
        // What cannot be required is called `_`.
        if module != "_" {
            let keys = keys(module, &text);
            assert!(!keys.is_empty(), "{place} describes no class {module}");
            described.insert(module.to_owned(), keys);
        }
    }
}

/// The fields of the module's class, and what is set in the table that stands below it.
fn keys(module: &str, text: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let class = format!("---@class {module}");
    let mut lines = text.lines().skip_while(|line| *line != class).skip(1);
    let mut table = "";
    for line in &mut lines {
        if let Some(field) = line.strip_prefix("---@field ") {
            keys.extend(word(field));
        } else if let Some(local) = line.strip_prefix("local ") {
            table = local.split(' ').next().unwrap_or_default();
            break;
        } else if !line.starts_with("---") {
            break;
        }
    }
    for line in lines {
        let member = line
            .strip_prefix("function ")
            .unwrap_or(line)
            .strip_prefix(table);
        if let Some(member) = member.and_then(|rest| rest.strip_prefix(['.', ':'])) {
            keys.extend(word(member));
        }
    }
    keys
}

/// The name that a text begins with.
fn word(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let name = &text[..end.unwrap_or(text.len())];
    (!name.is_empty()).then(|| name.to_owned())
}
