//! Compiles Lua 5.4, for the runtime's build script.

use mlua::Lua;

/// What Lua's dumps begin with: signature, version, format, LUAC_DATA, three sizes, an integer and
/// a float to check, and the number of upvalues (lundump.h).
const HEAD: usize = 4 + 1 + 1 + 6 + 3 + 8 + 8 + 1;

/// A size ends with a byte that has the high bit; alone, it is that of no string.
const LAST: u8 = 0x80;

/// Gives Lua's own binary form of `text`, for any processor of 64 bits in little-endian order,
/// without line numbers and the names of locals. `chunk` is its name in Lua.
///
/// # Panics
/// When the text is no Lua, or the name is longer than 126 bytes.
pub fn compile(chunk: &str, text: &str) -> Vec<u8> {
    let lua = Lua::new();
    let function = lua.load(text).set_name(chunk).into_function();
    let mut code = function
        .unwrap_or_else(|error| panic!("{error}"))
        .dump(true);
    // The name of the source is left out with the rest, and is put back.
    assert_eq!(code[HEAD], LAST, "another form of dumps than Lua 5.4's");
    let size = u8::try_from(chunk.len() + 1).expect("a short name");
    assert!(size < LAST, "a short name");
    code.splice(HEAD..=HEAD, [size | LAST].into_iter().chain(chunk.bytes()));
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_runs_under_its_name() {
        let code = compile("=lambda.x", "local none return none.field");
        let raised = Lua::new().load(code).exec().unwrap_err().to_string();
        assert!(raised.contains("lambda.x:"), "{raised}");
        let code = compile("=lambda.x", "return ... + 1");
        assert_eq!(Lua::new().load(code).call::<i64>(41).unwrap(), 42);
    }

    #[test]
    fn the_same_text_gives_the_same_bytes() {
        let text = "return { a = 1, b = { 2, 'three', function() return 4.5 end } }";
        assert_eq!(compile("=x", text), compile("=x", text));
    }
}
