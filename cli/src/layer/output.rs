//! What the commands say, to readers that may be gone.

use std::fmt::Display;
use std::io::{self, Write};

use anyhow::Context;

/// Writes a line of the result to stdout.
///
/// # Errors
/// Nobody reads it, or there is no room for it.
pub fn print(line: impl Display) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").context("cannot write the result to stdout")
}

/// Tells on stderr how it goes. Where nobody reads that, the work goes on all the same.
pub fn tell(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
