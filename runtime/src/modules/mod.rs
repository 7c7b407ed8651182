//! Built-in modules: what `require("lambda.…")` answers with.

pub mod cjson;
pub mod json;
pub mod throw;
