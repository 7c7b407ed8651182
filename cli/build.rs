//! Exports Lua's C API from the executable: C modules (rocks) resolve `lua_*` in the program that
//! loads them.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-link-arg-bins=-rdynamic");
}
