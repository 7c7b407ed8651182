-- A small website behind a function URL: a page that is made for each request, a form, a cookie,
-- and the files in `public`, which are deployed with the function and kept by browsers.
local web = require("lambda.web")

local app = web.router()

-- The folder of this file, below which the files lie.
local here = arg[0]:match("^.*/") or ""

local PAGE = [[
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Hello</title>
<link rel="stylesheet" href="/assets/style.css">
<h1>Hello, {name}!</h1>
<form method="post" action="/name">
  <label>Your name <input name="name" value="{name}" maxlength="40" required></label>
  <button>Remember me</button>
</form>
]]

-- Should anything get past `web.escape`, browsers run no script that is not a file of ours.
app:use(function(req, next)
  local answer = next(req)
  answer.headers["content-security-policy"] = "default-src 'self'; frame-ancestors 'none'"
  answer.headers["x-content-type-options"] = "nosniff"
  return answer
end)

app:get("/", function(req)
  -- What people have typed is text, in a page of ours as well: else it would be their HTML.
  local values = { name = web.escape(req.cookies.name or "whoever you are") }
  return web.html((PAGE:gsub("{(%w+)}", values)), 200, { ["cache-control"] = "no-store" })
end)

app:post("/name", function(req)
  local name = (req:form().name or ""):match("^%s*(.-)%s*$")
  if name == "" or #name > 40 or name:find("%c") then
    web.error(422, "a name has 1 to 40 bytes")
  end
  -- The browser goes on with a GET, which can be loaded again. Pages of others cannot send the
  -- cookie (same_site), scripts cannot read it (http_only).
  return {
    status = 303,
    headers = { location = "/" },
    cookies = {
      web.cookie("name", name, {
        max_age = 365 * 86400,
        path = "/",
        http_only = true,
        secure = true,
        same_site = "lax",
      }),
    },
  }
end)

app:get("/assets/*path", web.files(here .. "public", { cache_control = "public, max-age=3600" }))

return { handler = app }
