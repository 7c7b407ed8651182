//! Digests and HMACs against the vectors of FIPS 180, RFC 1321, RFC 2202 and RFC 4231.

use super::run;

#[test]
fn digests_are_those_of_fips_180_and_rfc_1321() {
    run(r#"
        local two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        local vectors = {
          md5 = {
            "d41d8cd98f00b204e9800998ecf8427e",
            "900150983cd24fb0d6963f7d28e17f72",
            "8215ef0796a20bcaaae116d3876c664a",
          },
          sha1 = {
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "a9993e364706816aba3e25717850c26c9cd0d89d",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
          },
          sha256 = {
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
          },
          sha384 = {
            "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
              .. "274edebfe76f65fbd51ad2f14898b95b",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
              .. "8086072ba1e7cc2358baeca134c825a7",
            "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6"
              .. "b0455a8520bc4e6f5fe95b1fe3c8452b",
          },
          sha512 = {
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
              .. "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
              .. "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c335"
              .. "96fd15c13b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445",
          },
        }
        for name, digests in pairs(vectors) do
          for nth, data in ipairs({ "", "abc", two_blocks }) do
            same(crypto[name](data, "hex"), digests[nth])
            same(crypto.hex(crypto[name](data)), digests[nth])
          end
        end
    "#);
}

#[test]
fn nul_bytes_and_six_megabytes_are_data_like_any_other() {
    // By Python's hashlib and hmac; sha256sum and its kin, and openssl, say the same.
    run(r#"
        same(crypto.sha256("\0", "hex"),
          "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
        same(crypto.md5(six_mb, "hex"), "d740f660753a4a38a24d739d768410e9")
        same(crypto.sha1(six_mb, "hex"), "73bd59d978999da4c1bf854150b6dbb02a2b0de6")
        same(crypto.sha256(six_mb, "hex"),
          "e338caefa380bafe02a98dac6b2865a8c4783d80f5d813906abd01c250463d70")
        same(crypto.sha384(six_mb, "hex"),
          "02c921e1ad0ee8a2c5da793fba9d14b37a6179beb5bf259937c85097a13b2226"
          .. "b88680cb60dbbdaf4a81b99b5fc333fc")
        same(crypto.sha512(six_mb, "hex"),
          "fbf2332668560a94d47913fd87291fa76d64232300ef97154ae3324e65ef2aef"
          .. "a1d86a4b35bbf678f72aa74f5bd6390d01c2f8bedf0c1253d922b2c1335e72e2")
        same(crypto.hmac_sha256("\0k\255", six_mb, "hex"),
          "dbaaefcad9c775ac36080e6f67fa0b10dae42f5544c00478b013acdaacabf755")
    "#);
}

#[test]
fn hmacs_are_those_of_rfc_2202_and_rfc_4231() {
    run(r#"
        local larger = "Test Using Larger Than Block-Size Key - Hash Key First"
        local aa = ("\170"):rep(20)
        -- RFC 2202, cases 1, 2, 3 and 6.
        for _, case in ipairs({
          { ("\11"):rep(20), "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00" },
          { "Jefe", "what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
          { aa, ("\221"):rep(50), "125d7342b9ac11cd91a39af48aa17b4f63f175d3" },
          { aa:rep(4), larger, "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
        }) do
          same(crypto.hmac_sha1(case[1], case[2], "hex"), case[3])
        end
        -- RFC 4231, cases 1, 2 and 6.
        local hmacs = { "hmac_sha256", "hmac_sha384", "hmac_sha512" }
        for _, case in ipairs({
          {
            ("\11"):rep(20),
            "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
              .. "faea9ea9076ede7f4af152e8b2fa9cb6",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
              .. "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
          },
          {
            "Jefe",
            "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
              .. "8e2240ca5e69e2c78b3239ecfab21649",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
              .. "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
          },
          {
            ("\170"):rep(131),
            larger,
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
              .. "0c2ef6ab4030fe8296248df163f44952",
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
              .. "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
          },
        }) do
          for nth, name in ipairs(hmacs) do
            same(crypto[name](case[1], case[2], "hex"), case[2 + nth])
            same(crypto.hex(crypto[name](case[1], case[2])), case[2 + nth])
          end
        end
        -- An empty key is one.
        same(#crypto.hmac_sha256("", ""), 32)
    "#);
}

#[test]
fn a_digest_comes_as_bytes_or_in_the_encoding_asked_for() {
    run(r#"
        same(crypto.md5("abc"), "\144\1\80\152\60\210\79\176\214\150\63\125\40\225\127\114")
        same(crypto.md5("abc", "base64"), "kAFQmDzST7DWlj99KOF/cg==")
        same(crypto.md5("abc", "base64url"), "kAFQmDzST7DWlj99KOF_cg")
        same(crypto.hmac_sha256("hush", "payload", "base64"),
          "sOc7TFb/Eh+p5m2RmdJ4zY4yMCqx1gt+UKjTGMP/H5g=")
        same(crypto.sha256("abc", nil), crypto.sha256("abc"))
    "#);
}

#[test]
fn what_is_no_string_or_no_encoding_is_refused_with_its_place() {
    run(r#"
        local takes = "it takes: hex, base64, base64url; without one it gives bytes"
        raises("bad argument #1 to 'sha256' (string expected, got nil)", crypto.sha256)
        raises("bad argument #1 to 'sha1' (string expected, got number)", crypto.sha1, 1)
        raises("bad argument #2 to 'hmac_sha512' (string expected, got nil)",
          crypto.hmac_sha512, "key")
        raises("bad argument #1 to 'hmac_sha256' (string expected, got nil)",
          crypto.hmac_sha256, nil, "data")
        raises("bad argument #2 to 'md5' (unknown encoding \"HEX\"; " .. takes .. ")",
          crypto.md5, "", "HEX")
        raises("bad argument #3 to 'hmac_sha1' (name of an encoding expected, got boolean; "
          .. takes .. ")", crypto.hmac_sha1, "", "", true)
    "#);
}
