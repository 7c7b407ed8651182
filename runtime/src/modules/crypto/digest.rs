//! Digests of bytes, and those with a key.

use ring::{digest, hmac};

/// A digest.
#[derive(Clone, Copy, Debug)]
pub enum Digest {
    /// `ring` has none: it is broken, and asked for all the same, where no attacker is meant.
    Md5,
    Sha(&'static digest::Algorithm),
}

impl Digest {
    /// The digest of the bytes.
    pub fn of(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => md5::compute(data).to_vec(),
            Self::Sha(algorithm) => digest::digest(algorithm, data).as_ref().to_vec(),
        }
    }
}

/// The code by which whoever has the key vouches for the parts, one after the other.
pub fn hmac(algorithm: hmac::Algorithm, key: &[u8], parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, key));
    for part in parts {
        context.update(part);
    }
    context.sign()
}

/// The functions `name(data)`.
pub const DIGESTS: &[(&str, Digest)] = &[
    ("md5", Digest::Md5),
    ("sha1", Digest::Sha(&digest::SHA1_FOR_LEGACY_USE_ONLY)),
    ("sha256", Digest::Sha(&digest::SHA256)),
    ("sha384", Digest::Sha(&digest::SHA384)),
    ("sha512", Digest::Sha(&digest::SHA512)),
];

/// The functions `name(key, data)`.
pub const HMACS: &[(&str, hmac::Algorithm)] = &[
    ("hmac_sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
    ("hmac_sha256", hmac::HMAC_SHA256),
    ("hmac_sha384", hmac::HMAC_SHA384),
    ("hmac_sha512", hmac::HMAC_SHA512),
];
