//! `gunzip`: what gzip holds, for built-ins in Lua.

use std::io::{ErrorKind, Read};

use flate2::read::MultiGzDecoder;
use mlua::{Lua, LuaString, Table, Value};

use super::throw;

/// The function `(gzip, largest_bytes)` that gives a list of strings, to be put together, or nil and
/// what is wrong with the gzip.
///
/// Every piece is a string of Lua's as soon as it is unzipped: too much for the function's memory is
/// Lua's own error, and no buffer grows beside its heap.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn function(lua: &Lua) -> mlua::Result<Value> {
    let gunzip = throw::function(
        lua,
        "gunzip",
        |lua, (gzip, largest_bytes): (LuaString, usize)| {
            let pieces = lua.create_table()?;
            let unzipped = unzip(&gzip.as_bytes(), largest_bytes, |piece| {
                pieces.raw_push(lua.create_string(piece)?)
            });
            Ok::<(Option<Table>, Option<String>), throw::Throw>(match unzipped {
                Ok(()) => (Some(pieces), None),
                Err(Fault::Gzip(why)) => (None, Some(why)),
                Err(Fault::Lua(error)) => return Err(error.into()),
            })
        },
    )?;
    Ok(Value::Function(gunzip))
}

/// Why unzipping stopped.
#[derive(Debug)]
enum Fault {
    /// What is wrong with the bytes.
    Gzip(String),
    /// What came of a piece.
    Lua(mlua::Error),
}

/// Hands the content to `take`, piece by piece, and no more of it than `largest_bytes`.
fn unzip(
    gzip: &[u8],
    largest_bytes: usize,
    mut take: impl FnMut(&[u8]) -> mlua::Result<()>,
) -> Result<(), Fault> {
    if !gzip.starts_with(&MAGIC) {
        return Err(Fault::Gzip(match gzip {
            [] => "there are no bytes where gzip is expected".to_owned(),
            _ => "it is not gzip: that begins with the bytes 1f 8b".to_owned(),
        }));
    }
    let mut decoder = MultiGzDecoder::new(gzip);
    let mut piece = vec![0; PIECE_BYTES];
    let mut left_bytes = largest_bytes;
    loop {
        let bytes = match decoder.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(Fault::Gzip("the gzip is cut off before its end".to_owned()));
            }
            Err(error) => return Err(Fault::Gzip(format!("the gzip is damaged: {error}"))),
        };
        let Some(left) = left_bytes.checked_sub(bytes) else {
            return Err(Fault::Gzip(format!(
                "it unzips to more than {} MB, the most that is taken",
                largest_bytes / 1024 / 1024
            )));
        };
        left_bytes = left;
        take(&piece[..bytes]).map_err(Fault::Lua)?;
    }
}

/// What gzip begins with. RFC 1952 §2.3.1.
const MAGIC: [u8; 2] = [0x1f, 0x8b];
const PIECE_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    /// The content, or what is wrong with the bytes.
    fn unzipped(gzip: &[u8], largest_bytes: usize) -> Result<Vec<u8>, String> {
        let mut content = Vec::new();
        let result = unzip(gzip, largest_bytes, |piece| {
            content.extend_from_slice(piece);
            Ok(())
        });
        match result {
            Ok(()) => Ok(content),
            Err(Fault::Gzip(why)) => Err(why),
            Err(Fault::Lua(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn content_comes_back_also_of_several_members() {
        let content: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        assert_eq!(unzipped(&gzip(&content), usize::MAX), Ok(content));
        let two = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(unzipped(&two, 7), Ok(b"one two".to_vec()));
        assert_eq!(unzipped(&gzip(b""), 0), Ok(Vec::new()));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bomb = gzip(&vec![0; 3 << 20]);
        assert!(bomb.len() < 10_000);
        let why = unzipped(&bomb, 2 << 20).unwrap_err();
        assert_eq!(why, "it unzips to more than 2 MB, the most that is taken");
        assert!(unzipped(&bomb, 3 << 20).is_ok());
    }

    #[test]
    fn what_is_no_whole_gzip_says_why() {
        let whole = gzip(b"a content of some length, a content of some length");
        for length in 2..whole.len() {
            let why = unzipped(&whole[..length], 100).unwrap_err();
            assert_eq!(why, "the gzip is cut off before its end", "{length}");
        }
        let no_bytes = "there are no bytes where gzip is expected";
        assert_eq!(unzipped(b"", 100).unwrap_err(), no_bytes);
        for other in [&b"{}"[..], b"\x1f", b"PK\x03\x04"] {
            let why = unzipped(other, 100).unwrap_err();
            assert!(why.starts_with("it is not gzip"), "{why}");
        }
        let mut damaged = whole.clone();
        damaged[whole.len() - 6] ^= 1;
        let with_more = [&whole[..], b"and more after its end"].concat();
        for gzip in [damaged, with_more] {
            let why = unzipped(&gzip, 100).unwrap_err();
            assert!(why.starts_with("the gzip is damaged: "), "{why}");
        }
    }
}
