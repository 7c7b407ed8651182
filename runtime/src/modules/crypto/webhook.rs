//! Whether a request comes from whom it says: the signatures of webhooks.
//!
//! Each check first looks for what it needs in the request, then at the signature, and last at the
//! time, which only a sound signature vouches for. No reason says what would have been right.

use ring::{hmac, signature};
use subtle::ConstantTimeEq;

use super::digest;
use super::encoding::Encoding;
use super::options::Options;
use crate::modules::throw::Throw;

/// What a check says of a request: nothing, or why it is not to be trusted.
pub type Verdict = Result<(), String>;

/// A check, called with its options and the time.
type Verify = fn(&Options, f64) -> Result<Verdict, Throw>;

/// The functions.
pub const ALL: &[(&str, Verify)] = &[
    ("verify_discord", discord),
    ("verify_github", github),
    ("verify_hmac", any_hmac),
    ("verify_slack", slack),
    ("verify_stripe", stripe),
];

/// <https://discord.com/developers/docs/interactions/overview>
fn discord(options: &Options, _: f64) -> Result<Verdict, Throw> {
    options.check_names(&["body", "public_key", "signature", "timestamp"])?;
    let key = options.secret("public_key")?;
    let key = Encoding::Hex.decode(&key.as_bytes()).ok();
    let Some(key) = key.filter(|key| key.len() == ED25519_KEY_BYTES) else {
        let why = format!("public_key: {} hex digits expected", 2 * ED25519_KEY_BYTES);
        return Err(options.refuse(&why));
    };
    let body = options.body()?;
    let Some(given) = options.sent("signature")? else {
        return Ok(Err(NO_SIGNATURE.to_owned()));
    };
    let Some(timestamp) = options.sent("timestamp")? else {
        return Ok(Err(NO_TIMESTAMP.to_owned()));
    };
    let Ok(given) = Encoding::Hex.decode(&given.as_bytes()) else {
        return Ok(Err("the signature is not hex".to_owned()));
    };
    let mut signed = timestamp.as_bytes().to_vec();
    signed.extend_from_slice(&body.as_bytes());
    let key = signature::UnparsedPublicKey::new(&signature::ED25519, key);
    let verified = key.verify(&signed, &given);
    Ok(verified.map_err(|_| NO_MATCH.to_owned()))
}

/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
fn github(options: &Options, _: f64) -> Result<Verdict, Throw> {
    options.check_names(&["body", "secret", "signature"])?;
    let (secret, body) = (options.secret("secret")?, options.body()?);
    let Some(given) = options.sent("signature")? else {
        return Ok(Err(NO_SIGNATURE.to_owned()));
    };
    let signed = digest::hmac(hmac::HMAC_SHA256, &secret.as_bytes(), &[&body.as_bytes()]);
    Ok(matches(
        &given.as_bytes(),
        "sha256=",
        Encoding::Hex,
        &signed,
    ))
}

fn any_hmac(options: &Options, _: f64) -> Result<Verdict, Throw> {
    options.check_names(&[
        "algorithm",
        "body",
        "encoding",
        "prefix",
        "secret",
        "signature",
    ])?;
    let (secret, body) = (options.secret("secret")?, options.body()?);
    let encoding = options.encoding()?;
    let prefix = options.text("prefix", "")?;
    let name = options.text("algorithm", "sha256")?;
    let names = digest::HMACS.iter().filter_map(|(function, algorithm)| {
        let name = function.strip_prefix("hmac_")?;
        Some((name, *algorithm))
    });
    let Some((_, algorithm)) = names.clone().find(|(known, _)| *known == name) else {
        let names: Vec<_> = names.map(|(name, _)| name).collect();
        let names = names.join(", ");
        let why = format!("algorithm: unknown algorithm {name:?}; it takes: {names}");
        return Err(options.refuse(&why));
    };
    let Some(given) = options.sent("signature")? else {
        return Ok(Err(NO_SIGNATURE.to_owned()));
    };
    let signed = digest::hmac(algorithm, &secret.as_bytes(), &[&body.as_bytes()]);
    Ok(matches(&given.as_bytes(), &prefix, encoding, &signed))
}

/// <https://docs.slack.dev/authentication/verifying-requests-from-slack>
fn slack(options: &Options, now_s: f64) -> Result<Verdict, Throw> {
    options.check_names(&[
        "body",
        "now",
        "secret",
        "signature",
        "timestamp",
        "tolerance",
    ])?;
    let (secret, body) = (options.secret("secret")?, options.body()?);
    let window = Window::new(options, now_s)?;
    let Some(given) = options.sent("signature")? else {
        return Ok(Err(NO_SIGNATURE.to_owned()));
    };
    let Some(timestamp) = options.sent("timestamp")? else {
        return Ok(Err(NO_TIMESTAMP.to_owned()));
    };
    let timestamp = timestamp.as_bytes();
    let Some(sent_s) = seconds(&timestamp) else {
        return Ok(Err(BAD_TIMESTAMP.to_owned()));
    };
    let signed = digest::hmac(
        hmac::HMAC_SHA256,
        &secret.as_bytes(),
        &[b"v0:", &timestamp, b":", &body.as_bytes()],
    );
    let verdict = matches(&given.as_bytes(), "v0=", Encoding::Hex, &signed);
    Ok(verdict.and_then(|()| window.holds(sent_s)))
}

/// <https://docs.stripe.com/webhooks/signature>
fn stripe(options: &Options, now_s: f64) -> Result<Verdict, Throw> {
    options.check_names(&["body", "now", "secret", "signature", "tolerance"])?;
    let (secret, body) = (options.secret("secret")?, options.body()?);
    let window = Window::new(options, now_s)?;
    let Some(given) = options.sent("signature")? else {
        return Ok(Err(NO_SIGNATURE.to_owned()));
    };
    let given = given.as_bytes();
    let parts = given.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let of = |name: &'static [u8]| {
        parts
            .clone()
            .filter_map(move |part| part.strip_prefix(name))
    };
    let Some(timestamp) = of(b"t=").next() else {
        return Ok(Err(NO_TIMESTAMP.to_owned()));
    };
    let Some(sent_s) = seconds(timestamp) else {
        return Ok(Err(BAD_TIMESTAMP.to_owned()));
    };
    let signed = digest::hmac(
        hmac::HMAC_SHA256,
        &secret.as_bytes(),
        &[timestamp, b".", &body.as_bytes()],
    );
    // While a secret is being replaced, there is a signature by each of the two.
    let mut verdict = Err("the signature has no part v1=".to_owned());
    for given in of(b"v1=") {
        verdict = matches(given, "", Encoding::Hex, &signed);
        if verdict.is_ok() {
            break;
        }
    }
    Ok(verdict.and_then(|()| window.holds(sent_s)))
}

/// Whether the text is the prefix and the code in that encoding.
fn matches(given: &[u8], prefix: &str, encoding: Encoding, signed: &hmac::Tag) -> Verdict {
    let Some(given) = given.strip_prefix(prefix.as_bytes()) else {
        return Err(format!("the signature does not begin with {prefix}"));
    };
    let Ok(given) = encoding.decode(given) else {
        return Err(format!("the signature is not {}", encoding.name()));
    };
    if signed.as_ref().ct_eq(&given).into() {
        Ok(())
    } else {
        Err(NO_MATCH.to_owned())
    }
}

/// How far from now a request may have been sent: one that was caught is of no use later.
struct Window {
    now_s: f64,
    tolerance_s: f64,
}

impl Window {
    /// Reads `now` and `tolerance`.
    fn new(options: &Options, now_s: f64) -> Result<Self, Throw> {
        const TOLERANCE_S: f64 = 300.0;
        Ok(Self {
            now_s: options.seconds("now", now_s)?,
            tolerance_s: options.seconds("tolerance", TOLERANCE_S)?,
        })
    }

    fn holds(&self, sent_s: f64) -> Verdict {
        let age_s = self.now_s - sent_s;
        if age_s.abs() <= self.tolerance_s {
            return Ok(());
        }
        let side = if age_s > 0.0 { "past" } else { "future" };
        Err(format!(
            "the timestamp is {:.0} s in the {side}; more than {} s are not taken",
            age_s.abs(),
            self.tolerance_s
        ))
    }
}

/// A Unix time in seconds.
fn seconds(text: &[u8]) -> Option<f64> {
    const MOST_DIGITS: usize = 12;
    let is_number = text.len() <= MOST_DIGITS && text.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(text).ok().filter(|_| is_number)?;
    text.parse().ok()
}

const ED25519_KEY_BYTES: usize = 32;
const NO_SIGNATURE: &str = "the request has no signature";
const NO_TIMESTAMP: &str = "the request has no timestamp";
const BAD_TIMESTAMP: &str = "the timestamp is no Unix time in seconds";
const NO_MATCH: &str = "the signature does not match";
