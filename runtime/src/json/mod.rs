//! JSON between bytes and Lua values.
