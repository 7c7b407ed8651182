//! moto's server as the cloud, behind a door of our own that notes every call, and can refuse or
//! hold some.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use super::support::tool;

/// One call that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub service: String,
    pub region: String,
    pub method: String,
    pub path: String,
}

/// What becomes of a call.
pub enum Fate {
    /// moto answers.
    Pass,
    /// The service answers with this status, error code and message.
    Refuse(u16, &'static str, &'static str),
    /// As `Pass`, once the gate is opened.
    Hold(Arc<Gate>),
    /// As `Refuse` of a kind that is not tried again, once the gate is opened.
    Lose(Arc<Gate>),
}

/// No call takes so long: the run that should have made it has ended without.
const LONG: Duration = Duration::from_secs(300);

/// Where calls wait.
#[derive(Default)]
pub struct Gate {
    /// How many wait or have waited, and whether it is open.
    state: Mutex<(usize, bool)>,
    changed: Condvar,
}

impl Gate {
    /// Waits until so many calls have come to it.
    pub fn reached_by(&self, calls: usize) {
        let state = self.state.lock().expect("counting does not panic");
        let waited = self
            .changed
            .wait_timeout_while(state, LONG, |(waiting, _)| *waiting < calls);
        let (state, waited) = waited.expect("counting does not panic");
        let came = state.0;
        // Not while it is locked: who passes next is to count on.
        drop(state);
        assert!(!waited.timed_out(), "{came} of {calls} calls came");
    }

    /// Lets all through, now and later.
    pub fn open(&self) {
        self.state.lock().expect("counting does not panic").1 = true;
        self.changed.notify_all();
    }

    fn pass(&self) {
        let mut state = self.state.lock().expect("counting does not panic");
        state.0 += 1;
        self.changed.notify_all();
        drop(self.changed.wait_while(state, |(_, open)| !*open));
    }
}

type Rule = dyn Fn(&Seen) -> Fate + Send + Sync;

/// An account of its own in moto's cloud.
pub struct Cloud {
    pub account: String,
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Cloud {
    /// A cloud where everything goes well.
    pub fn new() -> Self {
        Self::where_calls(|_| Fate::Pass)
    }

    /// A cloud where calls have these fates.
    pub fn where_calls(rule: impl Fn(&Seen) -> Fate + Send + Sync + 'static) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(100_000_000_000);
        let account = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let rule: Arc<Rule> = Arc::new(rule);
        let (moto, log, id) = (moto(), Arc::clone(&seen), account.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (rule, log, id) = (Arc::clone(&rule), Arc::clone(&log), id.clone());
                thread::spawn(move || serve(stream, moto, &id, &*rule, &log));
            }
        });
        Self {
            account,
            address,
            seen,
        }
    }

    /// For `--endpoint`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All calls so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("noting does not panic").clone()
    }

    /// The calls that changed something: `POST`s and `DELETE`s to Lambda.
    pub fn changes(&self) -> Vec<Seen> {
        let changes = |seen: &Seen| seen.path.contains("/layers/") && seen.method != "GET";
        self.seen().into_iter().filter(changes).collect()
    }

    /// The layers' versions that were published, as `region/layer`.
    pub fn published(&self) -> Vec<String> {
        let changes = self.changes().into_iter();
        let mut published: Vec<_> = changes
            .filter(|seen| seen.path.ends_with("/versions"))
            .map(|seen| {
                format!(
                    "{}/{}",
                    seen.region,
                    seen.path.split('/').nth(3).expect("a layer")
                )
            })
            .collect();
        published.sort();
        published
    }

    /// What `aws lambda` answers in that region.
    pub fn lambda(&self, region: &str, arguments: &[&str]) -> String {
        let mut aws = Command::new(tool("aws/bin/aws"));
        aws.args([
            "--region",
            region,
            "--output",
            "json",
            "--endpoint-url",
            &self.endpoint(),
        ])
        .arg("lambda")
        .args(arguments);
        let output = credentials(&mut aws).output().expect("the AWS CLI");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("text")
    }
}

/// An environment with made-up keys, and nothing else that an AWS CLI would look at.
pub fn credentials(command: &mut Command) -> &mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("AWS_CONFIG_FILE", "/nowhere/config")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nowhere/credentials")
        .env("AWS_EC2_METADATA_DISABLED", "true")
}

/// Where moto listens: one for all tests of this program, which ends with it.
fn moto() -> SocketAddr {
    static MOTO: OnceLock<(SocketAddr, Mutex<Child>)> = OnceLock::new();
    let (address, _) = MOTO.get_or_init(|| {
        // When this program ends, however that is, the pipe that `read` waits at is closed.
        let script = r#""$0" -H 127.0.0.1 -p 0 </dev/null & read end; kill $!"#;
        let mut child = Command::new("sh")
            .args(["-c", script])
            .arg(tool("aws/bin/moto_server"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut log = BufReader::new(child.stderr.take().expect("it is a pipe"));
        let mut said = String::new();
        let address = loop {
            let start = said.len();
            let read = log.read_line(&mut said).expect("text");
            assert!(read > 0, "moto ended: {said}");
            if let Some((_, address)) = said[start..].split_once("Running on http://") {
                break address.trim().parse().expect("an address");
            }
        };
        thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        (address, Mutex::new(child))
    });
    *address
}

fn serve(
    mut stream: TcpStream,
    moto: SocketAddr,
    account: &str,
    rule: &Rule,
    log: &Mutex<Vec<Seen>>,
) {
    let Some((head, body)) = read(&mut stream) else {
        return;
    };
    let mut words = head.split(' ');
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    // `Authorization: … Credential=KEY/DATE/REGION/SERVICE/aws4_request`
    let scope = head.split_once("Credential=").map_or("", |(_, rest)| rest);
    let part = |index| scope.split('/').nth(index).unwrap_or_default().to_owned();
    let seen = Seen {
        service: part(3),
        region: part(2),
        method: method.to_owned(),
        path: path.to_owned(),
    };
    log.lock()
        .expect("noting does not panic")
        .push(seen.clone());
    let (status, code, message) = match rule(&seen) {
        Fate::Refuse(status, code, message) => (status, code, message),
        Fate::Lose(gate) => {
            gate.pass();
            (400, "InvalidParameterValueException", "lost")
        }
        fate => {
            if let Fate::Hold(gate) = fate {
                gate.pass();
            }
            let answer = forward(moto, account, &head, &body);
            let _ = stream.write_all(&answer);
            return;
        }
    };
    // Lambda's form of an error, and that of the services which speak XML.
    let body = match path.contains("/layers") {
        true => format!(r#"{{"Message":"{message}"}}"#),
        false => format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>\
             </ErrorResponse>"
        ),
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} Refused\r\nx-amzn-ErrorType: {code}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
}

/// moto's answer, with the policy of an organization in the form that Lambda gives it.
fn forward(moto: SocketAddr, account: &str, head: &str, body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(moto).expect("moto listens");
    let drop_headers: HashSet<_> = ["connection", "x-moto-account-id"].into();
    let kept = head.lines().filter(|line| {
        let name = line
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        !line.is_empty() && !drop_headers.contains(name.as_str())
    });
    let head: String = kept.map(|line| format!("{line}\r\n")).collect();
    let own = format!("x-moto-account-id: {account}\r\nConnection: close\r\n\r\n");
    stream
        .write_all((head + &own).as_bytes())
        .expect("moto reads");
    stream.write_all(body).expect("moto reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("moto answers");
    let text = String::from_utf8_lossy(&answer).into_owned();
    let marker = r#"\"OrganizationId\": \""#;
    let Some((before, rest)) = text.split_once(marker) else {
        return answer;
    };
    let (id, after) = rest.split_once(r#"\""#).expect("a string ends");
    let condition = r#"\"Condition\": {\"StringEquals\": {\"aws:PrincipalOrgID\": \""#;
    let text = format!("{before}{condition}{id}\\\"}}}}{after}");
    let (_, body) = text.split_once("\r\n\r\n").expect("a head ends");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// Head and body of a request.
fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            let _ = stream.shutdown(Shutdown::Both);
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}
