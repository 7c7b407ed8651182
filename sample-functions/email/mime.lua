-- E-mails as RFC 5322 and MIME have them: text and HTML side by side, in UTF-8.
local crypto = require("lambda.crypto")

local M = {}

---@class email.Address
---@field address string ada@example.com
---@field name? string

---@class email.Message
---@field from email.Address
---@field to email.Address
---@field subject string
---@field text string
---@field html string
---@field time integer The Unix time.
---@field id string What tells it from all others, in letters, digits and hyphens.

-- Whoever can put a line break into a header writes headers of their own: Bcc, say.
local function line(name, value)
  if type(value) ~= "string" or value:find("%c") then
    local message = name .. " must be text without line breaks and other control characters"
    error({ type = "BadHeader", message = message })
  end
  return value
end

-- What is not plain, or long, as encoded words (RFC 2047): whole characters of UTF-8 in each, and
-- lines of at most 76 characters, the header's name included.
local function encoded(value)
  if #value <= 60 and not value:find("[^\32-\126]") and not value:find("=?", 1, true) then
    return value
  end
  local words, word = {}, ""
  for character in value:gmatch("[\1-\127\194-\244][\128-\191]*") do
    if #word + #character > 39 then
      table.insert(words, word)
      word = ""
    end
    word = word .. character
  end
  table.insert(words, word)
  for i, each in ipairs(words) do
    words[i] = ("=?UTF-8?B?%s?="):format(crypto.base64(each))
  end
  return table.concat(words, "\r\n ")
end

local function mailbox(name, value)
  local address = line(name, value.address)
  if #address > 254 or not address:find("^[%w.!#$%%&'*+/=?^_`{|}~-]+@[%w.-]+$") then
    error({ type = "BadHeader", message = ("%s is no address: %s"):format(name, address) })
  elseif not value.name then
    return address
  end
  local shown = encoded(line(name, value.name))
  if shown ~= value.name then
    return ("%s\r\n <%s>"):format(shown, address)
  end
  return ("\"%s\" <%s>"):format(shown:gsub("[\\\"]", "\\%0"), address)
end

-- RFC 2045, 6.7: lines of at most 76 characters, whatever the text's are.
local function quoted_printable(text)
  local function hex(character)
    return ("=%02X"):format(character:byte())
  end
  local lines = {}
  for row in (text:gsub("\r?\n", "\n") .. "\n"):gmatch("([^\n]*)\n") do
    row = row:gsub("[^\t\32-\60\62-\126]", hex):gsub("[\t ]$", hex)
    local from = 1
    while #row - from >= 76 do
      -- Not within =XX.
      local piece = row:sub(from, from + 74):gsub("=%x?$", "")
      table.insert(lines, piece .. "=")
      from = from + #piece
    end
    table.insert(lines, row:sub(from))
  end
  return table.concat(lines, "\r\n")
end

---The bytes of a message. The same message is the same bytes.
---@param message email.Message
---@return string
function M.render(message)
  local from, to = mailbox("from", message.from), mailbox("to", message.to)
  -- No text has the digest of itself in it.
  local boundary = crypto.sha256(message.text .. message.html, "hex"):sub(1, 32)
  local function part(kind, text)
    return ("--%s\r\nContent-Type: %s; charset=UTF-8\r\n"):format(boundary, kind)
      .. "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
      .. quoted_printable(text)
  end
  return table.concat({
    "From: " .. from,
    "To: " .. to,
    "Subject: " .. encoded(line("subject", message.subject)),
    "Date: " .. os.date("!%a, %d %b %Y %H:%M:%S +0000", message.time),
    ("Message-ID: <%s@%s>"):format(line("id", message.id), message.from.address:match("[^@]*$")),
    "MIME-Version: 1.0",
    ("Content-Type: multipart/alternative; boundary=\"%s\""):format(boundary),
    "",
    part("text/plain", message.text),
    part("text/html", message.html),
    "--" .. boundary .. "--",
    "",
  }, "\r\n")
end

return M
