//! Streamed responses that go wrong: errors before and after the first byte, and misuse.

mod support;
