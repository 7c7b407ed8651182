//! Why a call failed: what `aws` wrote, and what to do about it.

use std::fmt;
use std::process::ExitStatus;

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What sort of failure it is.
    pub kind: Kind,
    text: String,
}

/// The sorts of failure that something else than a message follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The credentials lack a permission.
    AccessDenied,
    /// The account's space for code is used up.
    CodeStorage,
    /// The session or the token is over.
    Expired,
    /// The service does not know the credentials: in a region that is not enabled, or in a
    /// partition that is not theirs, these are right elsewhere.
    InvalidCredentials,
    /// There is no `aws`.
    NoCommand,
    /// There are no credentials, or no profile of that name.
    NoCredentials,
    /// Neither the call nor the configuration names a region.
    NoRegion,
    /// What was asked for is not there.
    NotFound,
    /// Anything else.
    Other,
    /// Too many calls at once.
    Throttled,
    /// Nobody answers.
    Unreachable,
}

impl Failure {
    /// A failure in words of our own.
    pub fn new(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
        }
    }

    /// The failure of a command that wrote this to stderr.
    pub fn from_stderr(stderr: &str, status: ExitStatus) -> Self {
        // `An error occurred (Code) when calling the Operation operation: message`
        let coded = stderr
            .split_once("An error occurred (")
            .and_then(|(_, rest)| rest.split_once(')'));
        let Some((code, rest)) = coded else {
            let said = one_line(stderr);
            let text = if said.is_empty() {
                format!("`aws` failed ({status})")
            } else {
                said
            };
            return Self::new(kind_of_text(&text), text);
        };
        let message = rest
            .split_once(" operation")
            .map_or(rest, |(_, message)| message);
        let message = match message.strip_prefix(" (reached max retries: ") {
            Some(message) => message
                .split_once("): ")
                .map_or(message, |(_, message)| message),
            None => message.strip_prefix(": ").unwrap_or(message),
        };
        // A proxy or another server may answer with a page of HTML.
        let message: String = one_line(message).chars().take(500).collect();
        Self::new(kind_of_code(code), format!("{code}: {message}"))
    }

    /// What to do about it; nothing where AWS's words have to do.
    fn remedy(&self) -> &'static str {
        match self.kind {
            Kind::AccessDenied => "; add this action to the policy of these credentials",
            Kind::CodeStorage => {
                "; delete old versions of layers and functions there, or ask AWS for a larger quota"
            }
            Kind::Expired => {
                "; sign in again (`aws sso login`, `aws login`) or renew the session's keys"
            }
            Kind::InvalidCredentials => {
                "; the region may not be enabled in this account, or the keys are wrong \
                 (`aws sts get-caller-identity` tells)"
            }
            Kind::NoCredentials => "; run `aws configure` or `aws sso login`, or name a --profile",
            Kind::Throttled => "; run the same command again, it goes on where it stopped",
            Kind::Unreachable => {
                "; look at the network, at --endpoint and at whether the region is one"
            }
            Kind::NoCommand | Kind::NoRegion | Kind::NotFound | Kind::Other => "",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text.trim_end_matches('.'), self.remedy())
    }
}

impl std::error::Error for Failure {}

fn kind_of_code(code: &str) -> Kind {
    match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Kind::AccessDenied,
        "CodeStorageExceededException" => Kind::CodeStorage,
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => Kind::Expired,
        "AuthFailure"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => Kind::InvalidCredentials,
        "ResourceNotFoundException" => Kind::NotFound,
        "RequestLimitExceeded"
        | "Throttling"
        | "ThrottlingException"
        | "TooManyRequestsException" => Kind::Throttled,
        _ => Kind::Other,
    }
}

/// The kind of what the command says without having had an answer.
fn kind_of_text(text: &str) -> Kind {
    const BEGINNINGS: [(&str, Kind); 15] = [
        ("Unable to locate credentials", Kind::NoCredentials),
        ("Partial credentials found", Kind::NoCredentials),
        ("Credentials were refreshed, but", Kind::Expired),
        ("The config profile", Kind::NoCredentials),
        ("You must specify a region", Kind::NoRegion),
        ("Error loading SSO Token", Kind::Expired),
        ("Error when retrieving token from sso", Kind::Expired),
        ("Token has expired", Kind::Expired),
        ("The SSO session associated", Kind::Expired),
        ("Your session has expired", Kind::Expired),
        ("Could not connect to the endpoint", Kind::Unreachable),
        ("Connect timeout on endpoint", Kind::Unreachable),
        ("Read timeout on endpoint", Kind::Unreachable),
        ("Connection was closed before", Kind::Unreachable),
        ("SSL validation failed", Kind::Unreachable),
    ];
    let found = BEGINNINGS.iter().find(|(words, _)| text.contains(words));
    found.map_or(Kind::Other, |(_, kind)| *kind)
}

/// One line of all that was said, without the mark that version 2 puts before it.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let text = lines.collect::<Vec<_>>().join(" ");
    text.strip_prefix("aws: [ERROR]: ")
        .unwrap_or(&text)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::{Failure, Kind};

    fn failure(stderr: &str) -> Failure {
        Failure::from_stderr(stderr, ExitStatus::from_raw(254 << 8))
    }

    #[test]
    fn an_error_of_the_service_keeps_its_code_and_words() {
        for prefix in ["\n", "\naws: [ERROR]: "] {
            for retries in ["", " (reached max retries: 2)"] {
                let said = format!(
                    "{prefix}An error occurred (AccessDeniedException) when calling the \
                     PublishLayerVersion operation{retries}: User: u is not authorized to perform: \
                     lambda:PublishLayerVersion\n"
                );
                let failure = failure(&said);
                assert_eq!(failure.kind, Kind::AccessDenied);
                assert_eq!(
                    failure.to_string(),
                    "AccessDeniedException: User: u is not authorized to perform: \
                     lambda:PublishLayerVersion; add this action to the policy of these credentials"
                );
            }
        }
    }

    #[test]
    fn what_the_command_says_itself_is_known_by_its_words() {
        for (said, kind) in [
            (
                "Unable to locate credentials. You can configure credentials by running \"aws configure\".",
                Kind::NoCredentials,
            ),
            (
                "\naws: [ERROR]: The config profile (x) could not be found\n",
                Kind::NoCredentials,
            ),
            (
                "Error loading SSO Token: Token for x does not exist",
                Kind::Expired,
            ),
            (
                "Could not connect to the endpoint URL: \"http://127.0.0.1:1/\"",
                Kind::Unreachable,
            ),
            ("Traceback: something", Kind::Other),
        ] {
            assert_eq!(failure(said).kind, kind, "{said}");
        }
        assert_eq!(failure("").to_string(), "`aws` failed (exit status: 254)");
    }
}
