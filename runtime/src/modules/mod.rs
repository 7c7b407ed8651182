//! Built-in modules: what `require("lambda.…")` answers with.

pub mod throw;
