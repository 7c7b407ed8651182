//! Random bytes and UUIDs; and the comparison of secrets.

use std::collections::BTreeSet;

use super::run;

#[test]
fn random_bytes_are_as_many_as_asked_for_and_never_the_same() {
    let printed = run(r#"
        same(crypto.random_bytes(0), "")
        same(#crypto.random_bytes(1), 1)
        same(#crypto.random_bytes(32.0), 32)
        same(#crypto.random_bytes(16777216), 16777216)
        local seen = {}
        for _ = 1, 1000 do
          seen[crypto.random_bytes(1)] = true
        end
        local count = 0
        for _ in pairs(seen) do
          count = count + 1
        end
        assert(count > 200, count)
        for _ = 1, 3 do
          print(crypto.hex(crypto.random_bytes(16)))
        end
    "#);
    let again = run("print(crypto.hex(crypto.random_bytes(16)))");
    let all: BTreeSet<_> = printed.lines().chain(again.lines()).collect();
    assert_eq!(all.len(), 4, "{printed}{again}");
}

#[test]
fn a_count_of_bytes_that_cannot_be_is_refused() {
    run(r#"
        local whole = "bad argument #1 to 'random_bytes' (whole number from 0 to 16777216 expected)"
        for _, count in ipairs({ -1, 0.5, 16777217, 1e300, math.huge, -math.huge, 0 / 0 }) do
          raises(whole, crypto.random_bytes, count)
        end
        local number = "bad argument #1 to 'random_bytes' (number of bytes expected, got %s)"
        raises(number:format("nil"), crypto.random_bytes)
        raises(number:format("string"), crypto.random_bytes, "16")
    "#);
}

#[test]
fn uuids_have_their_version_and_none_comes_twice() {
    run(r#"
        local hex, seen = "%x", {}
        local form = "^" .. hex:rep(8) .. "%-" .. hex:rep(4) .. "%-%d" .. hex:rep(3)
          .. "%-[89ab]" .. hex:rep(3) .. "%-" .. hex:rep(12) .. "$"
        for version, fn in pairs({ [4] = crypto.uuid, [7] = crypto.uuid7 }) do
          for _ = 1, 1000 do
            local uuid = fn()
            assert(uuid:find(form) and not uuid:find("%u"), uuid)
            same(uuid:sub(15, 15), tostring(version))
            assert(not seen[uuid], uuid)
            seen[uuid] = true
          end
        end
    "#);
}

#[test]
fn a_uuid_7_begins_with_the_time() {
    run(r#"
        local before = os.time()
        local uuid = crypto.uuid7()
        local seconds = tonumber((uuid:sub(1, 13):gsub("-", "")), 16) / 1000
        assert(before <= seconds and seconds <= os.time() + 1, seconds)
    "#);
}

#[test]
fn only_the_same_bytes_are_equal() {
    run(r#"
        for _, pair in ipairs({ { "", "" }, { "a\0b", "a\0b" }, { six_mb, six_mb .. "" } }) do
          same(crypto.equal(pair[1], pair[2]), true)
        end
        for _, pair in ipairs({
          { "", "a" }, { "a", "A" }, { "a", "ab" }, { "a\0", "a" }, { "a\0b", "a\0c" },
          { six_mb, six_mb:sub(1, -2) .. "\0" }, { "\0" .. six_mb, "\1" .. six_mb },
        }) do
          same(crypto.equal(pair[1], pair[2]), false)
          same(crypto.equal(pair[2], pair[1]), false)
        end
        raises("bad argument #1 to 'equal' (string expected, got nil)", crypto.equal, nil, "")
        raises("bad argument #2 to 'equal' (string expected, got number)", crypto.equal, "1", 1)
    "#);
}
