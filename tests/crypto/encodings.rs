//! Hex and base64, by RFC 4648.

use super::run;

#[test]
fn encodings_are_those_of_rfc_4648_both_ways() {
    run(r#"
        for _, vector in ipairs({
          { "", "", "" },
          { "f", "66", "Zg==" },
          { "fo", "666f", "Zm8=" },
          { "foo", "666f6f", "Zm9v" },
          { "foob", "666f6f62", "Zm9vYg==" },
          { "fooba", "666f6f6261", "Zm9vYmE=" },
          { "foobar", "666f6f626172", "Zm9vYmFy" },
          { "\251\255\191\0", "fbffbf00", "+/+/AA==" },
        }) do
          local data, hex, base64 = vector[1], vector[2], vector[3]
          same(crypto.hex(data), hex)
          same(crypto.from_hex(hex), data)
          same(crypto.from_hex(hex:upper()), data)
          same(crypto.base64(data), base64)
          same(crypto.from_base64(base64), data)
          local url = base64:gsub("+", "-"):gsub("/", "_")
          local bare = url:gsub("=", "")
          same(crypto.base64url(data), bare)
          same(crypto.from_base64url(bare), data)
          same(crypto.from_base64url(url), data)
        end
    "#);
}

#[test]
fn every_byte_and_six_megabytes_come_back_as_they_were() {
    run(r#"
        for _, data in ipairs({ all_bytes, six_mb .. "\0" }) do
          for _, name in ipairs({ "hex", "base64", "base64url" }) do
            local text = crypto[name](data)
            assert(not text:find("[^%w+/=_-]"))
            assert(crypto["from_" .. name](text) == data)
          end
        end
            "#);
}

#[test]
fn base64_of_pem_and_mail_may_be_broken_into_lines() {
    run(r#"
        same(crypto.from_base64("Zm9v\r\nYmFy\n"), "foobar")
        same(crypto.from_base64(" Zm9v\tYg=\n=\n"), "foob")
        same(crypto.from_base64("\n"), "")
        local lines = crypto.base64(six_mb):gsub(("."):rep(76), "%0\r\n")
        assert(crypto.from_base64(lines) == six_mb)
    "#);
}

#[test]
fn what_is_no_encoded_text_is_told_with_its_position() {
    run(r#"
        local function refused(name, text, expected)
          local data, err = crypto["from_" .. name](text)
          same(data, nil)
          same(err, "not " .. name .. ": " .. expected)
        end
        refused("hex", "0", "its last digit, at position 1, is half a byte; was it cut?")
        refused("hex", "00é", "the byte 0xc3 at position 3")
        refused("hex", "0x00", "'x' at position 2")
        refused("hex", "00 00", "the byte 0x20 at position 3")
        refused("base64", "Zm9v*mFy", "'*' at position 5")
        refused("base64", "Zm9v\n\n*mFy", "'*' at position 7")
        refused("base64", "Zm9\0", "the byte 0x00 at position 4")
        refused("base64", "Zm9-", "'-' at position 4")
        refused("base64", "Zg",
          "its end, at position 2, lacks the padding \"=\"; was it cut?")
        refused("base64", "Zg=\n",
          "its end, at position 4, lacks the padding \"=\"; was it cut?")
        refused("base64", "Zm9vY", "its last symbol, at position 5, stands alone; was it cut?")
        refused("base64", "Zg==Zg==", "'=' at position 3")
        refused("base64", "Zg===", "'=' at position 3")
        refused("base64", "=", "'=' at position 1")
        refused("base64", "Zh==", "'h' at position 2 has bits of no byte; was it cut?")
        refused("base64url", "Zm9+", "'+' at position 4")
        refused("base64url", "Zm9v\n", "the byte 0x0a at position 5")
        refused("base64url", "Zm9vY", "its last symbol, at position 5, stands alone; was it cut?")
        -- The last byte of much.
        refused("base64", crypto.base64(six_mb):sub(1, -2) .. "!", "'!' at position 8388608")
    "#);
}

#[test]
fn what_is_no_string_is_refused() {
    run(r#"
        for _, name in ipairs({ "hex", "base64", "base64url" }) do
          for _, fn in ipairs({ name, "from_" .. name }) do
            local why = "bad argument #1 to '%s' (string expected, got %s)"
            raises(why:format(fn, "nil"), crypto[fn])
            raises(why:format(fn, "number"), crypto[fn], 12)
            raises(why:format(fn, "table"), crypto[fn], {})
          end
        end
    "#);
}
