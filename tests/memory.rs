//! memory
mod support;
