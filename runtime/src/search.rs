//! Where `require` looks: `package.path`, `package.cpath` and the searchers that walk them.
//!
//! The searchers are ours because Lua cuts the names of chunks at 59 characters: a file under the
//! task root has to be named relative to it from the start.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use mlua::{Function, Lua, MultiValue, Table, Value};

use crate::files::{Files, LoadError};
use crate::interpreter::{self, STOCK_CPATH, STOCK_PATH, VERSION};
use crate::modules::throw::{self, Throw};
use crate::{coroutine, native};

/// Sets the paths and puts our searchers in the places of Lua's own.
///
/// `environment` is false where `LUA_PATH` and its relatives are to be ignored (`lua -E`).
///
/// # Errors
/// Only when Lua is out of memory.
pub fn install(lua: &Lua, files: &Rc<Files>, environment: bool) -> mlua::Result<()> {
    let package: Table = lua.globals().raw_get("package")?;
    let variable = |names: &[&str]| {
        let set = names.iter().find_map(std::env::var_os);
        set.filter(|_| environment)
            .map(|value| value.as_bytes().to_vec())
    };
    let root = files.root().as_os_str().as_bytes();
    let path = with_default(variable(interpreter::PATH_VARIABLES), &default_path(root));
    package.raw_set("path", lua.create_string(path)?)?;
    let cpath = with_default(variable(interpreter::CPATH_VARIABLES), &default_cpath(root));
    package.raw_set("cpath", lua.create_string(cpath)?)?;

    let searchers: Table = package.raw_get(interpreter::SEARCHERS)?;
    searchers.raw_set(2, lua_searcher(lua, &package, files)?)?;
    searchers.raw_set(3, native_searcher(lua, &package, files, false)?)?;
    searchers.raw_set(4, native_searcher(lua, &package, files, true)?)
}

/// `package.path` before `LUA_PATH` has its say.
fn default_path(root: &[u8]) -> Vec<u8> {
    let version = VERSION.as_bytes();
    let mut path = Vec::new();
    for folder in [
        [root, b"", b""],
        [root, b"/lua_modules/share/lua/", version],
        [b"/opt/share/lua/", version, b""],
        [b"/opt/lua", b"", b""],
    ] {
        let folder = folder.concat();
        path.extend([&folder, b"/?.lua;".as_slice(), &folder, b"/?/init.lua;"].concat());
    }
    path.extend_from_slice(STOCK_PATH.as_bytes());
    path
}

fn default_cpath(root: &[u8]) -> Vec<u8> {
    let version = VERSION.as_bytes();
    [
        root,
        b"/?.so;",
        root,
        b"/lua_modules/lib/lua/",
        version,
        b"/?.so;/opt/lib/lua/",
        version,
        b"/?.so;",
        STOCK_CPATH.as_bytes(),
    ]
    .concat()
}

/// The variable's value with the default in the place of its first `;;`, as loadlib.c has it.
fn with_default(variable: Option<Vec<u8>>, default: &[u8]) -> Vec<u8> {
    let Some(value) = variable else {
        return default.to_vec();
    };
    let Some(at) = value.windows(2).position(|pair| pair == b";;") else {
        return value;
    };
    let (before, after) = (&value[..at], &value[at + 2..]);
    [before, default, after]
        .iter()
        .filter(|part| !part.is_empty())
        .copied()
        .collect::<Vec<_>>()
        .join(&b';')
}

/// Searcher 2: Lua files along `package.path`.
fn lua_searcher(lua: &Lua, package: &Table, files: &Rc<Files>) -> mlua::Result<Function> {
    let (package, files) = (package.clone(), Rc::clone(files));
    throw::function(lua, "searcher", move |lua, name: mlua::LuaString| {
        let found = files.find(&templates(&package, "path")?, &as_path(&name.as_bytes()));
        let file = match found {
            Ok(file) => file,
            Err(tried) => return not_found(lua, &tried),
        };
        match files.load(lua, &file) {
            Ok(loader) => Ok(MultiValue::from_vec(vec![
                Value::Function(loader),
                Value::String(lua.create_string(file.as_os_str().as_bytes())?),
            ])),
            // As it is, since it starts with file and line.
            Err(LoadError::Syntax(message)) => {
                Err(Throw::Value(Value::String(lua.create_string(message)?)))
            }
            Err(LoadError::OutOfMemory) => Err(Throw::OutOfMemory),
            Err(LoadError::Other(message)) => Err(Throw::Message(message)),
        }
    })
}

/// Searchers 3 and 4: C modules along `package.cpath`; `in_parent` looks for `a.b` in the file of
/// `a`.
fn native_searcher(
    lua: &Lua,
    package: &Table,
    files: &Rc<Files>,
    in_parent: bool,
) -> mlua::Result<Function> {
    let (package, files) = (package.clone(), Rc::clone(files));
    let loadlib: Function = package.raw_get("loadlib")?;
    throw::function(lua, "searcher", move |lua, name: mlua::LuaString| {
        let name = name.as_bytes().to_vec();
        let of_file = match name.iter().position(|byte| *byte == b'.') {
            Some(dot) if in_parent => &name[..dot],
            None if in_parent => return Ok(MultiValue::new()),
            _ => &name,
        };
        let file = match files.find(&templates(&package, "cpath")?, &as_path(of_file)) {
            Ok(file) => file,
            Err(tried) => return not_found(lua, &tried),
        };
        let mut fault = None;
        for entry in entry_points(&name) {
            let path = lua.create_string(file.as_os_str().as_bytes())?;
            let loaded: (Value, Option<mlua::LuaString>, Option<mlua::LuaString>) =
                loadlib.call((path.clone(), lua.create_string(entry)?))?;
            match loaded {
                (Value::Function(open), ..) => {
                    let loader = opener(lua, open, &files, &file)?;
                    return Ok(MultiValue::from_vec(vec![
                        Value::Function(loader),
                        Value::String(path),
                    ]));
                }
                (_, message, stage) => {
                    let is_missing = stage.is_some_and(|stage| stage == "init");
                    fault = Some((message.map(|text| text.to_string_lossy()), is_missing));
                    if !is_missing {
                        break;
                    }
                }
            }
        }
        let (message, is_missing) = fault.unwrap_or_default();
        let (module, shown) = (String::from_utf8_lossy(&name), files.shown(&file));
        if is_missing && in_parent {
            let start = interpreter::NOT_FOUND_START;
            let line = format!("{start}no module '{module}' in file '{shown}'");
            return Ok(MultiValue::from_vec(vec![Value::String(
                lua.create_string(line)?,
            )]));
        }
        let why = native::explain(&file, &shown, &message.unwrap_or_default());
        Err(Throw::Message(format!(
            "error loading module '{module}' from file '{shown}':\n\t{why}"
        )))
    })
}

/// The module's own opening function; one made for another Lua says so with its file.
fn opener(lua: &Lua, open: Function, files: &Rc<Files>, file: &Path) -> Result<Function, Throw> {
    let shown = files.shown(file);
    let open = Value::Function(open);
    let opener = throw::function(lua, "loader", move |lua, args: MultiValue| {
        coroutine::call(lua, &open, args)
            .map(|(module, _)| module)
            .map_err(|failure| {
                if failure.out_of_memory {
                    return Throw::OutOfMemory;
                }
                let text = match &failure.value {
                    Value::String(text) => text.to_string_lossy(),
                    _ => String::new(),
                };
                match native::version_mismatch(&shown, &text) {
                    Some(message) => Throw::Message(message),
                    None => Throw::Value(failure.value),
                }
            })
    })?;
    Ok(opener)
}

/// The names a C module's function may have: a prefix up to a hyphen is a version mark.
fn entry_points(module: &[u8]) -> Vec<Vec<u8>> {
    let name: Vec<u8> = module
        .iter()
        .map(|byte| if *byte == b'.' { b'_' } else { *byte })
        .collect();
    let entry = |name: &[u8]| [b"luaopen_", name].concat();
    match name.iter().position(|byte| *byte == b'-') {
        Some(hyphen) => vec![entry(&name[..hyphen]), entry(&name[hyphen + 1..])],
        None => vec![entry(&name)],
    }
}

fn templates(package: &Table, field: &str) -> Result<Vec<u8>, Throw> {
    match package.get::<Value>(field)? {
        Value::String(text) => Ok(text.as_bytes().to_vec()),
        _ => Err(Throw::Message(format!(
            "'package.{field}' must be a string"
        ))),
    }
}

fn as_path(module: &[u8]) -> Vec<u8> {
    module
        .iter()
        .map(|byte| if *byte == b'.' { b'/' } else { *byte })
        .collect()
}

fn not_found(lua: &Lua, tried: &[String]) -> Result<MultiValue, Throw> {
    let lines = [interpreter::NOT_FOUND_START, &tried.join("\n\t")].concat();
    Ok(MultiValue::from_vec(vec![Value::String(
        lua.create_string(lines)?,
    )]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_has_the_task_root_its_rocks_and_the_layers_before_luas_own() {
        let path = String::from_utf8(default_path(b"/var/task")).unwrap();
        let ours = "/var/task/?.lua;/var/task/?/init.lua;\
             /var/task/lua_modules/share/lua/5.4/?.lua;\
             /var/task/lua_modules/share/lua/5.4/?/init.lua;\
             /opt/share/lua/5.4/?.lua;/opt/share/lua/5.4/?/init.lua;\
             /opt/lua/?.lua;/opt/lua/?/init.lua;";
        assert_eq!(path, ours.replace("5.4", VERSION) + STOCK_PATH);
    }

    #[test]
    fn two_semicolons_stand_for_the_default() {
        let of = |value: &str| {
            String::from_utf8(with_default(Some(value.as_bytes().to_vec()), b"D")).unwrap()
        };
        assert_eq!(of("a;;b"), "a;D;b");
        assert_eq!(of(";;b"), "D;b");
        assert_eq!(of("a;;"), "a;D");
        assert_eq!(of(";;"), "D");
        assert_eq!(of("a;b"), "a;b");
        assert_eq!(with_default(None, b"D"), b"D");
    }

    #[test]
    fn a_version_mark_before_a_hyphen_may_be_left_out() {
        assert_eq!(entry_points(b"a.b"), [b"luaopen_a_b".to_vec()]);
        assert_eq!(
            entry_points(b"v2-mod"),
            [b"luaopen_v2".to_vec(), b"luaopen_mod".to_vec()]
        );
    }
}
