//! Random bytes, and identifiers made of them.
//!
//! The system makes them: processes that come out of one snapshot do not get the same.

use std::time::Duration;

use mlua::Value;
use ring::rand::{SecureRandom, SystemRandom};

use super::encoding::Encoding;
use crate::modules::throw::{Throw, type_name};

/// The most bytes of one call.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// How many bytes `random_bytes` was asked for.
pub fn count(value: &Value) -> Result<usize, Throw> {
    let count = match value {
        Value::Integer(count) => usize::try_from(*count).ok(),
        // A whole number within the bounds is one of usize's.
        Value::Number(count) if count.fract() == 0.0 && (0.0..=MOST).contains(count) => {
            Some(*count as usize)
        }
        Value::Number(_) => None,
        other => {
            let got = type_name(other);
            return Err(refusal(&format!("number of bytes expected, got {got}")));
        }
    };
    let count = count.filter(|count| *count <= MOST_BYTES);
    count.ok_or_else(|| refusal(&format!("whole number from 0 to {MOST_BYTES} expected")))
}

const MOST: f64 = MOST_BYTES as f64;

fn refusal(why: &str) -> Throw {
    Throw::Message(format!("bad argument #1 to 'random_bytes' ({why})"))
}

/// That many random bytes.
pub fn bytes(count: usize) -> Result<Vec<u8>, Throw> {
    let mut bytes = vec![0; count];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// As many random bytes as the array has.
pub fn array<const N: usize>() -> Result<[u8; N], Throw> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

fn fill(bytes: &mut [u8]) -> Result<(), Throw> {
    let filled = SystemRandom::new().fill(bytes);
    filled.map_err(|_| Throw::Message("the system gives no random bytes".to_owned()))
}

/// The UUID of version 4 with the random bits of `random`.
///
/// <https://www.rfc-editor.org/rfc/rfc9562#section-5.4>
pub fn uuid4(random: [u8; 16]) -> String {
    uuid(4, random)
}

/// The UUID of version 7 of that moment, with the rest of its bits from `random`.
///
/// The 12 bits below the millisecond are a fraction of it: two that are made a quarter of a
/// microsecond apart sort as they were made.
///
/// <https://www.rfc-editor.org/rfc/rfc9562#section-5.7>, and 6.2, method 3
pub fn uuid7(since_epoch: Duration, random: [u8; 8]) -> String {
    const NANOS_PER_MS: u64 = 1_000_000;
    let ms = since_epoch.as_millis() as u64;
    let nanos = u64::from(since_epoch.subsec_nanos()) % NANOS_PER_MS;
    let fraction = (nanos * 4096 / NANOS_PER_MS) as u16;
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&ms.to_be_bytes()[2..]);
    bytes[6..8].copy_from_slice(&fraction.to_be_bytes());
    bytes[8..].copy_from_slice(&random);
    uuid(7, bytes)
}

/// The text of a UUID, with the bits of version and variant set.
fn uuid(version: u8, mut bytes: [u8; 16]) -> String {
    bytes[6] = version << 4 | bytes[6] & 0x0f;
    bytes[8] = 0x80 | bytes[8] & 0x3f;
    let mut text = Encoding::Hex.encode(&bytes);
    for hyphen_at in [8, 13, 18, 23] {
        text.insert(hyphen_at, '-');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_7_is_the_example_of_rfc_9562() {
        // Appendix A.6: 2022-02-22 19:22:22.000 UTC, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
        let since_epoch = Duration::from_millis(0x017F_22E2_79B0);
        // The fraction that is 0xCC3 in 12 bits.
        let fraction = Duration::from_nanos((0xCC3 * 1_000_000 / 4096) + 1);
        let rand_b = 0x18C4_DC0C_0C07_398F_u64.to_be_bytes();
        assert_eq!(
            uuid7(since_epoch + fraction, rand_b),
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
        );
    }

    #[test]
    fn a_later_uuid_7_sorts_after_an_earlier_one_whatever_its_random_bits() {
        let times = [0, 1, 999, 1_000, 999_999, 1_000_000, 1_000_001];
        for pair in times.windows(2) {
            let (earlier, later) = (
                Duration::from_micros(pair[0]),
                Duration::from_micros(pair[1]),
            );
            assert!(uuid7(earlier, [0xff; 8]) < uuid7(later, [0; 8]), "{pair:?}");
        }
    }

    #[test]
    fn a_uuid_4_is_the_example_of_rfc_9562() {
        // Appendix A.3; the bits of version and variant are set here.
        let random = 0x919108f7_52d1_f320_dbac_f847db4148a8_u128;
        assert_eq!(
            uuid4(random.to_be_bytes()),
            "919108f7-52d1-4320-9bac-f847db4148a8"
        );
    }
}
