//! `moonlayer invoke`: one event through the real bootstrap.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::bootstrap::program;
use crate::emulator::{self, Event, Failure, Function, Logs, Piece, Pieces, Sandbox};
use crate::event;
use crate::variables::{self, Variable};

/// Run a function once, as Lambda would
///
/// Starts the real runtime against a local Runtime API, sends it one event and prints the response
/// on stdout, a streamed one as it comes. What the function logs, and Lambda's START, END and
/// REPORT lines, go to stderr. If the invocation fails, its error is printed on stdout as JSON (on
/// stderr once a response streams) and the exit status is 1.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = EXAMPLES)]
pub struct Args {
    /// The handler setting: the file without `.lua`, a dot, the function; or a console function's
    /// script
    #[arg(value_parser = handler)]
    handler: String,

    /// The folder that holds the function
    #[arg(long, value_name = "DIR", default_value = ".")]
    root: PathBuf,

    #[command(flatten)]
    event: event::Source,

    /// The `bootstrap` to run, such as a layer's; this program's own unless given
    #[arg(long, value_name = "FILE")]
    bootstrap: Option<PathBuf>,

    /// A file of environment variables, one NAME=VALUE a line
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "The function's configuration"
    )]
    env_file: Option<PathBuf>,

    /// An environment variable; may be repeated, and wins over the file
    #[arg(
        long,
        value_name = "NAME=VALUE",
        value_parser = Variable::parse,
        allow_hyphen_values = true,
        help_heading = "The function's configuration"
    )]
    env: Vec<Variable>,

    /// The timeout in seconds, up to 900
    #[arg(
        long,
        value_name = "SECONDS",
        default_value = "3",
        value_parser = timeout,
        allow_hyphen_values = true,
        help_heading = "The function's configuration"
    )]
    timeout: Duration,

    /// The memory size in MB, 128 to 10240
    #[arg(
        long,
        value_name = "MB",
        default_value = "128",
        value_parser = memory,
        allow_hyphen_values = true,
        help_heading = "The function's configuration"
    )]
    memory: u32,
}

/// Runs the command.
///
/// # Errors
/// When the event or the configuration cannot be used, or the system starts nothing.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let bootstrap = args.bootstrap.as_deref().map(program).transpose()?;
    let function = Function {
        root: root(&args.root)?,
        handler: args.handler,
        timeout: args.timeout,
        memory_mb: args.memory,
        inherited: std::env::vars_os().collect(),
        variables: variables::collect(args.env_file.as_deref(), args.env)?,
    };
    let event = Event {
        body: args.event.read()?.into(),
        ..Event::default()
    };

    // One thread: it only waits, and the process it starts has a core to itself.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the emulator")?;
    runtime.block_on(async {
        tokio::select! {
            // First, so that no signal passes unseen.
            biased;
            status = interrupted() => status,
            status = invoke(bootstrap, function, event) => status,
        }
    })
}

async fn invoke(
    bootstrap: Option<PathBuf>,
    function: Function,
    event: Event,
) -> anyhow::Result<ExitCode> {
    let logs = Logs::to(io::stderr());
    let (stream, pieces) = emulator::stream();
    // A thread that nobody joins, for a pipe that nobody reads must not keep a signal or the
    // timeout from their work.
    let (done, printed) = oneshot::channel();
    let printer = logs.clone();
    thread::spawn(move || done.send(print_pieces(pieces, &printer)));

    let mut sandbox = Sandbox::start(bootstrap.as_deref(), function, logs).await?;
    let outcome = sandbox.invoke(event, stream).await?;
    sandbox.stop().await;
    let cannot = "cannot write the result to stdout";
    printed.await?.context(cannot)?;
    Ok(match &outcome.result {
        // Its bytes are out, and are not ours to add to.
        Ok(_) if outcome.streamed => ExitCode::SUCCESS,
        Ok(response) => {
            print(response, io::stdout().lock()).context(cannot)?;
            ExitCode::SUCCESS
        }
        // Not among the bytes of what was to be another thing.
        Err(Failure { body, .. }) if outcome.streamed => {
            print(body, io::stderr().lock()).context("cannot write the error to stderr")?;
            ExitCode::FAILURE
        }
        Err(Failure { body, .. }) => {
            print(body, io::stdout().lock()).context(cannot)?;
            ExitCode::FAILURE
        }
    })
}

/// Writes a streamed response as it comes: its prelude to the logs, its bytes to stdout.
fn print_pieces(mut pieces: Pieces, logs: &Logs) -> io::Result<()> {
    let mut stdout = io::stdout();
    while let Some(piece) = pieces.blocking_next() {
        match piece {
            Piece::Prelude(prelude) => logs.line(prelude),
            Piece::Body(bytes) => {
                stdout.write_all(&bytes)?;
                stdout.flush()?;
            }
        }
    }
    Ok(())
}

/// The exit status of a command that a signal ended. The sandbox, dropped, takes its process along.
async fn interrupted() -> anyhow::Result<ExitCode> {
    let cannot = "cannot listen for signals";
    let mut hangup = signal(SignalKind::hangup()).context(cannot)?;
    let mut interrupt = signal(SignalKind::interrupt()).context(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).context(cannot)?;
    let kind = tokio::select! {
        _ = hangup.recv() => SignalKind::hangup(),
        _ = interrupt.recv() => SignalKind::interrupt(),
        _ = terminate.recv() => SignalKind::terminate(),
    };
    // As a shell has it; the three are all below 128.
    Ok(ExitCode::from(128 + kind.as_raw_value() as u8))
}

/// Writes the result's bytes, and a newline where they do not end in one.
fn print(body: &[u8], mut out: impl Write) -> io::Result<()> {
    out.write_all(body)?;
    if !body.ends_with(b"\n") {
        out.write_all(b"\n")?;
    }
    out.flush()
}

fn root(path: &Path) -> anyhow::Result<PathBuf> {
    let root = fs::canonicalize(path).with_context(|| {
        format!(
            "cannot use --root {}; name the folder that holds the function",
            path.display()
        )
    })?;
    if !root.is_dir() {
        bail!(
            "--root {} is not a folder; name the one that holds the function",
            path.display()
        );
    }
    Ok(root)
}

fn handler(text: &str) -> Result<String, &'static str> {
    if text.is_empty() {
        return Err("it is empty; write the file without `.lua`, a dot and the function");
    }
    Ok(text.to_owned())
}

fn timeout(text: &str) -> Result<Duration, &'static str> {
    match text.parse::<f64>() {
        // Lambda's steps are seconds; a part of one is for trying things out.
        Ok(seconds) if (0.001..=900.0).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a timeout is over 0 and up to 900 seconds"),
    }
}

fn memory(text: &str) -> Result<u32, &'static str> {
    match text.parse() {
        Ok(mb @ 128..=10_240) => Ok(mb),
        _ => Err("a memory size is a whole number of MB, 128 to 10240"),
    }
}

const EXAMPLES: &str = r#"Examples:
  moonlayer invoke hello.handler -d '{"name":"Ada"}'
  moonlayer invoke src/orders.create --root shop --sample api-gateway-http --env STAGE=test
  cat event.json | moonlayer invoke hello.handler -f - --timeout 10"#;
