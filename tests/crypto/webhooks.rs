//! The signatures of webhooks, by the examples that their senders publish.

use super::run;

/// Defines `changed(request, name, value)`, a copy with one field changed, and `refused(verify,
/// request, reason)`.
const HELPERS: &str = r#"
    local function changed(request, name, value)
      local copy = {}
      for key, known in pairs(request) do
        copy[key] = known
      end
      copy[name] = value
      return copy
    end
    local function refused(verify, request, expected)
      local ok, reason = verify(request)
      same(ok, false)
      same(reason, expected)
    end
    local NO_MATCH = "the signature does not match"
"#;

/// GitHub's example: "Testing the webhook payload validation".
const GITHUB: &str = r#"
    local request = {
      secret = "It's a Secret to Everybody",
      body = "Hello, World!",
      signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    }
"#;

/// Slack's example, and the moment it was sent.
const SLACK: &str = r#"
    local request = {
      secret = "8f742231b10e8888abcd99yyyzzz85a5",
      body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
        .. "&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
        .. "&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
        .. "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        .. "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
      signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
      timestamp = "1531420618",
      now = 1531420618,
    }
"#;

/// An event in Stripe's form; the signature is by Python's hmac, and openssl says the same.
const STRIPE: &str = r#"
    local v1 = "v1=799c4ba7bb339f3c8601adfd112f0e477c930a268be1243d341abb8286501c2f"
    local request = {
      secret = "whsec_test_secret",
      body = '{"id":"evt_1"}',
      signature = "t=1492774577," .. v1,
      now = 1492774577,
    }
"#;

/// RFC 8032, 7.1, test 3, whose message is the bytes AF 82.
const DISCORD: &str = r#"
    local request = {
      public_key = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      timestamp = "\175",
      body = "\130",
      signature = "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        .. "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    }
"#;

#[track_caller]
fn check(request: &str, script: &str) {
    run(&format!("{HELPERS}\n{request}\n{script}"));
}

#[test]
fn githubs_example_holds_and_nothing_that_differs_from_it() {
    check(
        GITHUB,
        r#"
        local verify = crypto.verify_github
        same(select(2, verify(request)), nil)
        same(verify(request), true)
        refused(verify, changed(request, "body", "Hello, World?"), NO_MATCH)
        refused(verify, changed(request, "body", nil), NO_MATCH)
        refused(verify, changed(request, "body", six_mb), NO_MATCH)
        refused(verify, changed(request, "secret", "It's a secret to Everybody"), NO_MATCH)
        refused(verify, changed(request, "signature", nil), "the request has no signature")
        refused(verify, changed(request, "signature", require("lambda.json").null),
          "the request has no signature")
        local half = request.signature:sub(1, 39)
        refused(verify, changed(request, "signature", half), NO_MATCH)
        refused(verify, changed(request, "signature", "sha256="), NO_MATCH)
        for _, given in ipairs({ "", "sha1=" .. request.signature:sub(8), "SHA256=" }) do
          refused(verify, changed(request, "signature", given),
            "the signature does not begin with sha256=")
        end
        for _, given in ipairs({ "0", "zz", request.signature:sub(8) .. "\n" }) do
          refused(verify, changed(request, "signature", "sha256=" .. given),
            "the signature is not hex")
        end
        "#,
    );
}

#[test]
fn slacks_example_holds_for_five_minutes() {
    check(
        SLACK,
        r#"
        local verify = crypto.verify_slack
        for _, now in ipairs({ 1531420618, 1531420918, 1531420318, 1531420618.5 }) do
          same(verify(changed(request, "now", now)), true)
        end
        refused(verify, changed(request, "now", 1531420919),
          "the timestamp is 301 s in the past; more than 300 s are not taken")
        refused(verify, changed(request, "now", 1531420317),
          "the timestamp is 301 s in the future; more than 300 s are not taken")
        same(verify(changed(changed(request, "now", 1531420919), "tolerance", 600)), true)
        same(verify(changed(changed(request, "now", 0), "tolerance", math.huge)), true)
        refused(verify, changed(changed(request, "now", 1531420619), "tolerance", 0),
          "the timestamp is 1 s in the past; more than 0 s are not taken")
        -- The age says nothing of an unsound signature; the clock counts unless `now` is given.
        local old = changed(request, "now", nil)
        assert(select(2, verify(old)):find("^the timestamp is %d+ s in the past"))
        refused(verify, changed(old, "body", ""), NO_MATCH)
        refused(verify, changed(request, "timestamp", "1531420619"), NO_MATCH)
        refused(verify, changed(request, "timestamp", nil), "the request has no timestamp")
        refused(verify, changed(request, "signature", nil), "the request has no signature")
        for _, timestamp in ipairs({ "", "now", "-1", "1e9", "1531420618.0", "9999999999999" }) do
          refused(verify, changed(request, "timestamp", timestamp),
            "the timestamp is no Unix time in seconds")
        end
        "#,
    );
}

#[test]
fn an_event_of_stripes_holds_by_any_of_its_signatures_for_five_minutes() {
    check(
        STRIPE,
        r#"
        local verify = crypto.verify_stripe
        same(verify(request), true)
        local other = "v1=0747100650652ef72323d15ecf021fcf28463e6c3f46c75d091a00c9fbb46a37"
        for _, parts in ipairs({
          { "t=1492774577", other, v1 },
          { "t=1492774577", v1, other, "v0=00" },
          { v1, "v1=zz", "t=1492774577" },
        }) do
          same(verify(changed(request, "signature", table.concat(parts, ","))), true)
          same(verify(changed(request, "signature", table.concat(parts, ", "))), true)
        end
        local function signature(given, reason)
          refused(verify, changed(request, "signature", given), reason)
        end
        signature("t=1492774577," .. other, NO_MATCH)
        signature("t=1492774578," .. v1, NO_MATCH)
        signature("t=1492774577,v0=" .. v1:sub(4), "the signature has no part v1=")
        signature("t=1492774577", "the signature has no part v1=")
        signature("t=1492774577,v1=", NO_MATCH)
        signature("t=1492774577,v1=xyz", "the signature is not hex")
        signature(v1, "the request has no timestamp")
        signature("", "the request has no timestamp")
        signature("t=," .. v1, "the timestamp is no Unix time in seconds")
        signature(nil, "the request has no signature")
        refused(verify, changed(request, "body", '{"id": "evt_1"}'), NO_MATCH)
        refused(verify, changed(request, "now", 1492774878),
          "the timestamp is 301 s in the past; more than 300 s are not taken")
        "#,
    );
}

#[test]
fn an_interaction_of_discords_holds_by_the_applications_public_key() {
    check(
        DISCORD,
        r#"
        local verify = crypto.verify_discord
        same(verify(request), true)
        same(verify(changed(request, "public_key", request.public_key:upper())), true)
        refused(verify, changed(request, "body", "\131"), NO_MATCH)
        refused(verify, changed(request, "body", nil), NO_MATCH)
        refused(verify, changed(request, "timestamp", "1"), NO_MATCH)
        refused(verify, changed(request, "timestamp", nil), "the request has no timestamp")
        refused(verify, changed(request, "signature", nil), "the request has no signature")
        refused(verify, changed(request, "signature", "00"), NO_MATCH)
        refused(verify, changed(request, "signature", ("0"):rep(128)), NO_MATCH)
        refused(verify, changed(request, "signature", "xy"), "the signature is not hex")
        refused(verify, changed(request, "public_key", ("0"):rep(64)), NO_MATCH)
        for _, key in ipairs({ "00", request.public_key .. "00", "key" }) do
          raises("bad argument #1 to 'verify_discord' (public_key: 64 hex digits expected)",
            verify, changed(request, "public_key", key))
        end
        "#,
    );
}

#[test]
fn any_other_hmac_of_the_body_can_be_checked() {
    check(
        r#"local request = { secret = "hush", body = "payload" }"#,
        r#"
        local verify = crypto.verify_hmac
        for _, algorithm in ipairs({ "sha1", "sha256", "sha384", "sha512" }) do
          for _, encoding in ipairs({ "hex", "base64", "base64url" }) do
            local signature = crypto["hmac_" .. algorithm]("hush", "payload", encoding)
            request.algorithm, request.encoding, request.prefix = algorithm, encoding, nil
            same(verify(changed(request, "signature", signature)), true)
            refused(verify, changed(request, "signature", "?" .. signature),
              "the signature is not " .. encoding)
            request.prefix = "v="
            same(verify(changed(request, "signature", "v=" .. signature)), true)
            refused(verify, changed(request, "signature", signature),
              "the signature does not begin with v=")
          end
        end
        -- sha256 in hex, unless it is said.
        local signature = crypto.hmac_sha256("hush", "payload", "hex")
        local plain = { secret = "hush", body = "payload", signature = signature }
        same(verify(plain), true)
        refused(verify, changed(plain, "signature", nil), "the request has no signature")
        raises("bad argument #1 to 'verify_hmac' (algorithm: unknown algorithm \"md5\"; "
          .. "it takes: sha1, sha256, sha384, sha512)", verify, changed(plain, "algorithm", "md5"))
        raises("bad argument #1 to 'verify_hmac' (encoding: unknown encoding \"b64\"; "
          .. "it takes: hex, base64, base64url)", verify, changed(plain, "encoding", "b64"))
        raises("bad argument #1 to 'verify_hmac' (prefix: string expected, got number)",
          verify, changed(plain, "prefix", 1))
        "#,
    );
}

#[test]
fn a_mistake_in_the_program_is_raised_and_not_told_as_a_false_signature() {
    check(
        SLACK,
        r#"
        local function wrong(why, verify, request)
          raises("bad argument #1 to '" .. verify .. "' (" .. why .. ")", crypto[verify], request)
        end
        local names = { "discord", "github", "hmac", "slack", "stripe" }
        for _, name in ipairs(names) do
          local verify = "verify_" .. name
          local secret = name == "discord" and "public_key" or "secret"
          wrong("table of options expected, got nil", verify, nil)
          wrong("table of options expected, got string", verify, "signature")
          -- A variable that is not set must not become a known key.
          wrong(secret .. ": string expected, got nil", verify, {})
          wrong(secret .. ": it is empty", verify, { [secret] = "" })
        end
        wrong("unknown option 'sig'; it takes: body, secret, signature", "verify_github",
          { sig = "" })
        wrong("unknown option '1'; it takes: body, secret, signature", "verify_github", { "" })
        wrong("body: string as it was sent expected, got table", "verify_github",
          { secret = "s", body = {} })
        wrong("signature: string as it was sent expected, got number", "verify_github",
          { secret = "s", body = "", signature = 1 })
        wrong("timestamp: string as it was sent expected, got number", "verify_slack",
          changed(request, "timestamp", 1531420618))
        wrong("now: number of seconds expected, got string", "verify_slack",
          changed(request, "now", "1531420618"))
        for _, tolerance in ipairs({ -1, 0 / 0 }) do
          wrong("tolerance: 0 seconds or more expected", "verify_slack",
            changed(request, "tolerance", tolerance))
        end
        "#,
    );
}
