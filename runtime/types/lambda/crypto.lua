---@meta lambda.crypto

---Digests, encodings, random bytes, and the signatures of webhooks.
---
---Data are strings of bytes, of any length. A number is none: `tostring` it.
---@class lambda.crypto
local crypto = {}

---How bytes are written as text: lower-case `hex`, padded `base64`, or `base64url` without padding.
---@alias lambda.crypto.Encoding "hex"|"base64"|"base64url"

---The SHA-256 digest of `data`: 32 bytes, or their text in `encoding`.
---@param data string
---@param encoding? lambda.crypto.Encoding Bytes unless given.
---@return string digest
function crypto.sha256(data, encoding) end

---The SHA-384 digest of `data`: 48 bytes, or their text in `encoding`.
---@param data string
---@param encoding? lambda.crypto.Encoding Bytes unless given.
---@return string digest
function crypto.sha384(data, encoding) end

---The SHA-512 digest of `data`: 64 bytes, or their text in `encoding`.
---@param data string
---@param encoding? lambda.crypto.Encoding Bytes unless given.
---@return string digest
function crypto.sha512(data, encoding) end

---The SHA-1 digest of `data`: 20 bytes, or their text in `encoding`. Broken: for what asks for it.
---@param data string
---@param encoding? lambda.crypto.Encoding Bytes unless given.
---@return string digest
function crypto.sha1(data, encoding) end

---The MD5 digest of `data`: 16 bytes, or their text in `encoding`. Broken: for what asks for it, as
---the header `Content-MD5` (in base64) does.
---@param data string
---@param encoding? lambda.crypto.Encoding Bytes unless given.
---@return string digest
function crypto.md5(data, encoding) end

---The HMAC of `data` by SHA-256: 32 bytes, or their text in `encoding`.
---@param key string
---@param data string
---@param encoding? lambda.crypto.Encoding Bytes unless given.
---@return string code
function crypto.hmac_sha256(key, data, encoding) end

---The HMAC of `data` by SHA-384: 48 bytes, or their text in `encoding`.
---@param key string
---@param data string
---@param encoding? lambda.crypto.Encoding Bytes unless given.
---@return string code
function crypto.hmac_sha384(key, data, encoding) end

---The HMAC of `data` by SHA-512: 64 bytes, or their text in `encoding`.
---@param key string
---@param data string
---@param encoding? lambda.crypto.Encoding Bytes unless given.
---@return string code
function crypto.hmac_sha512(key, data, encoding) end

---The HMAC of `data` by SHA-1: 20 bytes, or their text in `encoding`.
---@param key string
---@param data string
---@param encoding? lambda.crypto.Encoding Bytes unless given.
---@return string code
function crypto.hmac_sha1(key, data, encoding) end

---The bytes as lower-case hex digits, two each.
---@param data string
---@return string text
function crypto.hex(data) end

---The bytes of hex digits in either case; nil and a message with the position where it is none.
---@param text string
---@return string? data
---@return string? message
function crypto.from_hex(text) end

---The bytes in base64, padded, on one line.
---@param data string
---@return string text
function crypto.base64(data) end

---The bytes of base64 with its padding; nil and a message with the position where it is none. Line
---breaks, spaces and tabs are skipped, as PEM and e-mail have them.
---@param text string
---@return string? data
---@return string? message
function crypto.from_base64(text) end

---The bytes in base64url (`-` and `_` in place of `+` and `/`) without padding.
---@param data string
---@return string text
function crypto.base64url(data) end

---The bytes of base64url, with or without its padding; nil and a message with the position where it
---is none. Nothing is skipped.
---@param text string
---@return string? data
---@return string? message
function crypto.from_base64url(text) end

---Random bytes of the system, fit for keys and tokens; other ones in each process, also after SnapStart.
---@param count integer 0 to 16777216.
---@return string bytes
function crypto.random_bytes(count) end

---A random UUID (version 4): `"9b1deb4d-3b7d-4bad-9bdd-2b0d7b3dcb6d"`.
---@return string uuid
function crypto.uuid() end

---A UUID that begins with the time (version 7): later ones of a process sort after earlier ones, as
---far as the clock goes forward.
---@return string uuid
function crypto.uuid7() end

---Whether both are the same bytes, in a time that does not tell where they differ (but whether
---their lengths do): for signatures and tokens.
---@param a string
---@param b string
---@return boolean
function crypto.equal(a, b) end

---Any other key in the options of a check is an error.
---@class lambda.crypto.Signed
---The body as it came, before it is decoded: not what `json.encode` makes of it again. nil counts as an empty one. One of
---which the event says `isBase64Encoded` has to be decoded.
---@field body? string
---What the request's header says. nil is a request without a signature.
---@field signature? string

---@class lambda.crypto.GitHub: lambda.crypto.Signed
---The webhook's secret. An empty one is an error, here and below.
---@field secret string

---Checks the header `X-Hub-Signature-256` of a webhook of GitHub's.
---@param request lambda.crypto.GitHub
---@return boolean ok
---@return string? reason Why not, for the log; it tells no secret.
function crypto.verify_github(request) end

---@class lambda.crypto.Slack: lambda.crypto.Signed
---The app's signing secret.
---@field secret string
---The header `X-Slack-Request-Timestamp`.
---@field timestamp? string
---How far from now the request may have been sent, in seconds; 300 unless given.
---@field tolerance? number
---The Unix time in seconds, for tests; the clock's unless given.
---@field now? number

---Checks the header `X-Slack-Signature` of a request of Slack's, and that it is not an old one that
---somebody sends again.
---@param request lambda.crypto.Slack
---@return boolean ok
---@return string? reason Why not, for the log; it tells no secret.
function crypto.verify_slack(request) end

---@class lambda.crypto.Stripe: lambda.crypto.Signed
---The endpoint's secret, `whsec_…`.
---@field secret string
---How far from now the event may have been sent, in seconds; 300 unless given.
---@field tolerance? number
---The Unix time in seconds, for tests; the clock's unless given.
---@field now? number

---Checks the header `Stripe-Signature` of an event of Stripe's, and that it is not an old one that
---somebody sends again. Of several signatures `v1`, one has to match.
---@param request lambda.crypto.Stripe
---@return boolean ok
---@return string? reason Why not, for the log; it tells no secret.
function crypto.verify_stripe(request) end

---@class lambda.crypto.Discord: lambda.crypto.Signed
---The application's public key: 64 hex digits.
---@field public_key string
---The header `X-Signature-Timestamp`.
---@field timestamp? string

---Checks the header `X-Signature-Ed25519` of an interaction of Discord's. Its age is not checked.
---@param request lambda.crypto.Discord
---@return boolean ok
---@return string? reason Why not, for the log.
function crypto.verify_discord(request) end

---@class lambda.crypto.Hmac: lambda.crypto.Signed
---The key.
---@field secret string
---`"sha256"` unless given.
---@field algorithm? "sha1"|"sha256"|"sha384"|"sha512"
---How the signature is written; `"hex"` unless given.
---@field encoding? lambda.crypto.Encoding
---What stands before it, as `"sha256="`; nothing unless given.
---@field prefix? string

---Checks a signature that is the HMAC of the body, as Shopify's (`encoding = "base64"`) and many others' are.
---@param request lambda.crypto.Hmac
---@return boolean ok
---@return string? reason Why not, for the log; it tells no secret.
function crypto.verify_hmac(request) end

return crypto
