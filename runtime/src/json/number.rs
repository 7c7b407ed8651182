//! Numbers: JSON text to a Lua number and back.
//!
//! An integer stays an integer as long as it fits 64 bits, and a float stays a float: `1.0` keeps
//! its point.

use crate::interpreter::HAS_INTEGERS;

/// A number as Lua 5.4 has them; LuaJIT makes a double of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A 64-bit integer.
    Int(i64),
    /// A double.
    Float(f64),
}

/// Reads the number that starts at `start`, whose first byte is a digit or `-`.
///
/// Gives the number and the index of the byte after it.
///
/// # Errors
/// The index of the byte that is not part of any number, and what should stand there.
#[inline]
pub fn parse(text: &[u8], start: usize) -> Result<(Number, usize), (usize, &'static str)> {
    let negative = text[start] == b'-';
    let mut at = start + usize::from(negative);
    let digits = at;
    let mut mantissa: u64 = 0;
    while let Some(digit) = digit(text, at) {
        // Wraps only beyond 19 digits, which take the slow path below.
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
        at += 1;
    }
    let integer_digits = at - digits;
    if integer_digits == 0 {
        return Err((at, "expected a digit after '-'"));
    }
    if integer_digits > 1 && text[digits] == b'0' {
        return Err((digits + 1, "a number has no leading zeros"));
    }
    let integral = !matches!(text.get(at), Some(b'.' | b'e' | b'E'));
    if integral && integer_digits < 19 {
        // Fewer than 19 digits always fit.
        let value = mantissa.cast_signed();
        return Ok((Number::Int(if negative { -value } else { value }), at));
    }
    if integral {
        let number = match ascii(&text[start..at]).parse() {
            Ok(integer) => Number::Int(integer),
            Err(_) => Number::Float(float(&text[start..at])),
        };
        return Ok((number, at));
    }
    let mut exponent: i64 = 0;
    if text[at] == b'.' {
        at += 1;
        let fraction = at;
        while let Some(digit) = digit(text, at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        if at == fraction {
            return Err((at, "expected a digit after the point"));
        }
        exponent = -((at - fraction) as i64);
    }
    let significant = at - digits - usize::from(exponent != 0);
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        let minus = text.get(at) == Some(&b'-');
        at += usize::from(matches!(text.get(at), Some(b'+' | b'-')));
        let first = at;
        let mut written: i64 = 0;
        while let Some(digit) = digit(text, at) {
            written = written
                .saturating_mul(10)
                .saturating_add(digit.cast_signed());
            at += 1;
        }
        if at == first {
            return Err((at, "expected a digit in the exponent"));
        }
        exponent = exponent.saturating_add(if minus { -written } else { written });
    }
    // Both operands are exact, so the one rounding of the division or multiplication is the right
    // one (Clinger 1990); anything else takes the standard library's exact way.
    if significant <= 19 && mantissa < 1 << 53 && exponent.unsigned_abs() <= 22 {
        let power = POWERS_OF_TEN[exponent.unsigned_abs() as usize];
        let value = mantissa as f64;
        let value = if exponent < 0 {
            value / power
        } else {
            value * power
        };
        return Ok((Number::Float(if negative { -value } else { value }), at));
    }
    Ok((Number::Float(float(&text[start..at])), at))
}

/// Appends an integer.
#[inline]
pub fn write_int(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a finite float: the shortest digits that read back as the same float, with a point or an
/// exponent where integers are another type. Zero keeps its sign.
#[inline]
pub fn write_float(value: f64, out: &mut Vec<u8>) {
    let mut buffer = zmij::Buffer::new();
    let mut text = buffer.format_finite(value);
    if !HAS_INTEGERS && value != 0.0 {
        text = text.strip_suffix(".0").unwrap_or(text);
    }
    out.extend_from_slice(text.as_bytes());
}

/// Rounds a finite float to `digits` significant decimal digits.
pub fn rounded(value: f64, digits: usize) -> f64 {
    let text = format!("{value:.*e}", digits.saturating_sub(1));
    text.parse()
        .expect("a float's own exponent form is a float")
}

#[inline(always)]
fn digit(text: &[u8], at: usize) -> Option<u64> {
    let digit = text.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

fn float(digits: &[u8]) -> f64 {
    ascii(digits)
        .parse()
        .expect("JSON's number syntax is within Rust's")
}

fn ascii(digits: &[u8]) -> &str {
    std::str::from_utf8(digits).expect("a number is ASCII")
}

const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Number {
        let (number, end) = parse(text.as_bytes(), 0).expect(text);
        assert_eq!(end, text.len(), "{text}");
        number
    }

    fn written(number: Number) -> String {
        let mut out = Vec::new();
        match number {
            Number::Int(value) => write_int(value, &mut out),
            Number::Float(value) => write_float(value, &mut out),
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn integers_are_exact_over_64_bits_and_floats_beyond() {
        for value in [
            0,
            7,
            -7,
            9_007_199_254_740_993,
            i64::MAX,
            i64::MIN,
            999_999_999_999_999_999,
        ] {
            assert_eq!(read(&value.to_string()), Number::Int(value));
            assert_eq!(written(Number::Int(value)), value.to_string());
        }
        assert_eq!(read("-0"), Number::Int(0));
        assert_eq!(
            read("9223372036854775808"),
            Number::Float(9_223_372_036_854_775_808.0)
        );
        assert_eq!(
            read("-9223372036854775809"),
            Number::Float(-9_223_372_036_854_775_808.0)
        );
    }

    #[test]
    fn floats_keep_their_point_and_their_sign() {
        for (text, back) in [
            ("1.0", "1.0"),
            ("-0.0", "-0.0"),
            ("1e2", "100.0"),
            ("0.1", "0.1"),
            ("1E+2", "100.0"),
            ("123456789012345678901234567890.5", "1.2345678901234568e+29"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ] {
            let back = match back.strip_suffix(".0") {
                Some(digits) if !HAS_INTEGERS && digits != "-0" => digits,
                _ => back,
            };
            assert_eq!(written(read(text)), back, "{text}");
        }
        assert_eq!(read("1e400"), Number::Float(f64::INFINITY));
        assert_eq!(
            read("-1e99999999999999999999"),
            Number::Float(f64::NEG_INFINITY)
        );
        assert_eq!(read("0e99999999999999999999"), Number::Float(0.0));
    }

    #[test]
    fn a_long_fraction_is_read_as_the_standard_library_reads_it() {
        for text in [
            "0.30000000000000004",
            "2.2250738585072011e-308",
            "179769313486231580793e289",
            "0.00000000000000000000001",
        ] {
            assert_eq!(read(text), Number::Float(text.parse().unwrap()));
        }
    }

    #[test]
    fn what_is_no_number_is_refused_where_it_goes_wrong() {
        for (text, at) in [
            ("-", 1),
            ("01", 1),
            ("-01", 2),
            ("1.", 2),
            ("1.e1", 2),
            ("1e", 2),
            ("1e+", 3),
            ("-x", 1),
        ] {
            assert_eq!(
                parse(text.as_bytes(), 0).map_err(|(at, _)| at),
                Err(at),
                "{text}"
            );
        }
    }

    #[test]
    fn rounding_gives_the_digits_asked_for() {
        assert_eq!(rounded(0.1 + 0.2, 14), 0.3);
        assert_eq!(rounded(2.0 / 3.0, 3), 0.667);
        assert_eq!(rounded(-1234.0, 1), -1000.0);
    }
}
