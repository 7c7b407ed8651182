//! `Encoding`: bytes as text, and back.
//!
//! <https://www.rfc-editor.org/rfc/rfc4648>

use std::borrow::Cow;

use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine};

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Encoding {
    /// Padded. Decoding skips line breaks and spaces, as PEM and MIME have them.
    Base64,
    /// Without padding, as JSON Web Tokens have it. Decoding takes it with and without.
    Base64Url,
    /// In lower case. Decoding takes both.
    Hex,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hex, Self::Base64, Self::Base64Url];

    /// The name, also of the function that encodes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
            Self::Hex => "hex",
        }
    }

    /// The name of the function that decodes.
    pub fn decoder(self) -> &'static str {
        match self {
            Self::Base64 => "from_base64",
            Self::Base64Url => "from_base64url",
            Self::Hex => "from_hex",
        }
    }

    /// The one of that name.
    pub fn named(name: &[u8]) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|encoding| encoding.name().as_bytes() == name)
    }

    /// How many bytes the text of `bytes` bytes has, at most.
    pub fn text_bytes(self, bytes: usize) -> usize {
        match self {
            Self::Base64 | Self::Base64Url => bytes.div_ceil(3).saturating_mul(4),
            Self::Hex => bytes.saturating_mul(2),
        }
    }

    /// The text of the bytes.
    pub fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Base64 => STANDARD_ENGINE.encode(bytes),
            Self::Base64Url => URL_ENGINE.encode(bytes),
            Self::Hex => {
                let mut digits = Vec::with_capacity(2 * bytes.len());
                for byte in bytes {
                    let digit = |nibble: u8| HEX_DIGITS[usize::from(nibble)];
                    digits.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
                }
                String::from_utf8(digits).expect("digits are ASCII")
            }
        }
    }

    /// How much memory the bytes of the text take, at most, with all copies that are made.
    pub fn decoding_bytes(self, text: &[u8]) -> usize {
        let bytes = match self {
            Self::Base64 | Self::Base64Url => text.len().div_ceil(4).saturating_mul(3),
            Self::Hex => text.len() / 2,
        };
        let has_breaks = self == Self::Base64 && text.iter().any(skips);
        let without_breaks = if has_breaks { text.len() } else { 0 };
        // As they are decoded, and as a string of Lua's.
        bytes.saturating_mul(2).saturating_add(without_breaks)
    }

    /// The bytes of the text.
    ///
    /// # Errors
    /// What is wrong with it, and at which byte, counted from 1.
    pub fn decode(self, text: &[u8]) -> Result<Vec<u8>, String> {
        match self {
            Self::Base64 => {
                let symbols: Cow<'_, [u8]> = if text.iter().any(skips) {
                    let kept = text.iter().filter(|byte| !skips(byte));
                    kept.copied().collect::<Vec<_>>().into()
                } else {
                    text.into()
                };
                let position = |nth: usize| {
                    let mut kept = (1..).zip(text).filter(|(_, byte)| !skips(byte));
                    kept.nth(nth).map_or(text.len(), |(position, _)| position)
                };
                let decoded = STANDARD_ENGINE.decode(&symbols);
                decoded.map_err(|error| self.refusal(&error, position))
            }
            Self::Base64Url => {
                let decoded = URL_ENGINE.decode(text);
                decoded.map_err(|error| self.refusal(&error, |nth| nth + 1))
            }
            Self::Hex => from_hex(text),
        }
    }

    /// What is told of the error; `position` gives that of the nth symbol, counted from 0.
    fn refusal(self, error: &DecodeError, position: impl Fn(usize) -> usize) -> String {
        let name = self.name();
        match *error {
            DecodeError::InvalidByte(nth, byte) => {
                format!("not {name}: {} at position {}", shown(byte), position(nth))
            }
            DecodeError::InvalidLastSymbol { offset, symbol, .. } => format!(
                "not {name}: {} at position {} has bits of no byte; was it cut?",
                shown(symbol),
                position(offset)
            ),
            DecodeError::InvalidLength(symbols) => format!(
                "not {name}: its last symbol, at position {}, stands alone; was it cut?",
                position(symbols.saturating_sub(1))
            ),
            DecodeError::InvalidPadding => format!(
                "not {name}: its end, at position {}, lacks the padding \"=\"; was it cut?",
                position(usize::MAX)
            ),
        }
    }
}

/// Whether base64 may have the byte anywhere, without a meaning.
fn skips(byte: &u8) -> bool {
    b"\r\n\t ".contains(byte)
}

fn from_hex(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let digit = |nth: usize| match text[nth] {
        digit @ b'0'..=b'9' => Ok(digit - b'0'),
        digit @ b'a'..=b'f' => Ok(digit - b'a' + 10),
        digit @ b'A'..=b'F' => Ok(digit - b'A' + 10),
        other => Err(format!("not hex: {} at position {}", shown(other), nth + 1)),
    };
    for nth in (0..text.len()).step_by(2) {
        let high = digit(nth)?;
        if nth + 1 == text.len() {
            return Err(format!(
                "not hex: its last digit, at position {}, is half a byte; was it cut?",
                text.len()
            ));
        }
        bytes.push(high << 4 | digit(nth + 1)?);
    }
    Ok(bytes)
}

fn shown(byte: u8) -> String {
    if byte.is_ascii_graphic() {
        format!("'{}'", char::from(byte))
    } else {
        format!("the byte 0x{byte:02x}")
    }
}

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";
const STANDARD_ENGINE: GeneralPurpose =
    engine(&STANDARD, true, DecodePaddingMode::RequireCanonical);
const URL_ENGINE: GeneralPurpose = engine(&URL_SAFE, false, DecodePaddingMode::Indifferent);

const fn engine(alphabet: &Alphabet, pads: bool, padding: DecodePaddingMode) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new().with_encode_padding(pads);
    GeneralPurpose::new(alphabet, config.with_decode_padding_mode(padding))
}
