-- A Lambda authorizer for REST, WebSocket and HTTP APIs: it lets in who brings a JSON Web Token
-- that is signed with our key (HS256), as `Authorization: Bearer …`. Who has none, or a bad one,
-- gets a 401 from a REST API; an HTTP API makes its own answer of a refusal.
--
-- Set JWT_SECRET to 32 random bytes or more, the same that signs the tokens. For tokens of Cognito,
-- Auth0 and their like, whose keys are public, HTTP APIs have a JWT authorizer without any
-- function.
local authorizer = require("lambda.events").authorizer
local crypto = require("lambda.crypto")
local json = require("lambda.json")
local log = require("lambda.log")

local M = {}

local SECRET = os.getenv("JWT_SECRET") or ""
-- As RFC 7518 has it in 3.2: a shorter key can be guessed from one token.
assert(#SECRET >= 32, "JWT_SECRET must have at least 32 bytes")

local function decoded(part)
  local text = crypto.from_base64url(part)
  local ok, value = pcall(json.decode, text or "")
  return ok and type(value) == "table" and value or {}
end

---The claims of a token, or nil and what is wrong with it.
---@param token string
---@param now integer The Unix time.
---@return { sub: string, exp: number, nbf?: number, scope?: string }? claims
---@return string? reason
local function verified(token, now)
  local signed, head, claims, signature = token:match("^(([%w_-]+)%.([%w_-]+))%.([%w_-]*)$")
  if not signed then
    return nil, "not a token"
  end
  -- The key decides how tokens are signed, not the token: one that says "none" is not asked
  -- further.
  if decoded(head).alg ~= "HS256" then
    return nil, "not signed with HS256"
  end
  local ok, reason = crypto.verify_hmac({
    secret = SECRET,
    body = signed,
    signature = signature,
    encoding = "base64url",
  })
  if not ok then
    return nil, reason
  end
  claims = decoded(claims)
  if type(claims.exp) ~= "number" or now >= claims.exp then
    return nil, "expired"
  elseif type(claims.nbf) == "number" and now < claims.nbf then
    return nil, "not valid yet"
  elseif type(claims.sub) ~= "string" then
    return nil, "no sub"
  end
  return claims
end

---@param request lambda.events.AuthorizerRequest
M.handler = authorizer.handler(function(request)
  local header = request.token or request.headers.authorization or ""
  local claims, reason = verified(header:match("^[Bb]earer +(%S+)$") or "", os.time())
  if not claims then
    log.warn("refused", { reason = reason, source_ip = request.source_ip })
    if request.raw.version then -- Of HTTP APIs alone.
      return authorizer.deny("anonymous")
    end
    return authorizer.unauthorized()
  end
  -- API Gateway keeps this for the token, for all paths of the stage: what somebody may do with one
  -- order or another is decided by the function behind it, which gets the context.
  local scope = type(claims.scope) == "string" and claims.scope or ""
  return authorizer.allow(claims.sub, { context = { scope = scope } })
end)

return M
