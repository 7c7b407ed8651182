-- A webhook of GitHub's behind a function URL. Anybody may call the URL, so nothing is done before
-- the signature is checked, over the body as it came.
--
-- Set GITHUB_WEBHOOK_SECRET to a long random text. In the repository's settings, add a webhook with
-- the function's URL, that secret and the content type application/json.
local crypto = require("lambda.crypto")
local log = require("lambda.log")
local web = require("lambda.web")

local M = {}

local SECRET = os.getenv("GITHUB_WEBHOOK_SECRET") or ""
assert(SECRET ~= "", "GITHUB_WEBHOOK_SECRET is not set")

-- What is done for each kind of event. GitHub waits ten seconds for an answer and keeps it with the
-- delivery: what takes longer goes into a queue from here.
local on = {}

function on.ping(event)
  return { message = "pong", hook = event.hook_id }
end

function on.push(event)
  local branch = event.ref:match("^refs/heads/(.+)$")
  if not branch or event.deleted then
    return nil -- A tag, or the end of a branch.
  end
  local pushed = {
    repository = event.repository.full_name,
    branch = branch,
    by = event.pusher.name,
    commits = #event.commits,
    is_default = branch == event.repository.default_branch,
  }
  log.info("pushed", pushed)
  return pushed
end

---@param req lambda.web.Request
M.handler = web.handler(function(req)
  local ok, reason = crypto.verify_github({
    secret = SECRET,
    body = req.body,
    signature = req.headers["x-hub-signature-256"],
  })
  if not ok then
    log.warn("refused", { reason = reason, delivery = req.headers["x-github-delivery"] })
    web.error(401, "the signature is not that of the body")
  end
  local kind = req.headers["x-github-event"]
  local act = on[kind] or function() end
  -- GitHub counts every 2xx as delivered, also what is of no interest here.
  return web.json(act(req:json()) or { ignored = kind }, 202)
end)

return M
