-- A chat over a WebSocket API. What a client sends is JSON with an `action`:
--
--   {"action":"join","room":"lobby","name":"Ada"}    answers who is in the room
--   {"action":"say","text":"Hello"}                  answers what was said
--
-- The route $default is two-way (it has a route response): what is returned goes to the connection
-- that asked, and only there. To reach the others, one POSTs to ENDPOINT/@connections/ID, in a
-- signed call to AWS, which is not here; `to` in an answer lists whom it would be sent to.
--
-- Set CHAT_ORIGIN to the page that may connect, as in https://chat.example.com.
local json = require("lambda.json")
local log = require("lambda.log")
local websocket = require("lambda.events").websocket

local M = {}

local ORIGIN = os.getenv("CHAT_ORIGIN") or ""
assert(ORIGIN ~= "", "CHAT_ORIGIN is not set")

-- Who is here, by the connection's id: in this process. Lambda may start several, each of which
-- sees a part of the connections; a table in DynamoDB is where they belong.
---@type table<string, { name: string, room: string }>
local members = {}

-- What `pick` takes of each member of a room, sorted.
local function in_room(room, pick)
  local list = json.array({})
  for id, member in pairs(members) do
    if member.room == room then
      list[#list + 1] = pick(id, member)
    end
  end
  table.sort(list)
  return list
end

local function is_word(value)
  return type(value) == "string" and #value <= 40 and value:find("^[%w_-]+$") ~= nil
end

local actions = {}

function actions.join(id, sent)
  if not is_word(sent.room) or not is_word(sent.name) then
    return nil, "room and name are letters, digits, - and _, up to 40"
  end
  members[id] = { name = sent.name, room = sent.room }
  local here = in_room(sent.room, function(_, member)
    return member.name
  end)
  return { joined = sent.room, here = here }
end

function actions.say(id, sent)
  local member = members[id]
  if not member then
    return nil, "join a room first"
  elseif type(sent.text) ~= "string" or sent.text == "" or #sent.text > 1000 then
    return nil, "text is 1 to 1000 bytes"
  end
  local to = in_room(member.room, function(other)
    return other ~= id and other or nil
  end)
  log.info("said", { room = member.room, by = member.name, to = #to })
  return { said = sent.text, by = member.name, to = to }
end

local function answer(id, body)
  local is_json, sent = pcall(json.decode, body or "")
  local act = is_json and type(sent) == "table" and actions[sent.action]
  if not act then
    return { error = "send JSON with the action join or say" }
  end
  local value, message = act(id, sent)
  return value or { error = message }
end

---@param message lambda.events.WebSocketRecord
M.handler = websocket.handler(function(message)
  local id = message.connection_id
  if message.kind == "connect" then
    -- Browsers let any page connect, with the user's cookies: the page's origin is what tells.
    if message.headers.origin ~= ORIGIN then
      log.warn("refused", { origin = message.headers.origin })
      return websocket.refuse(403)
    end
  elseif message.kind == "disconnect" then
    members[id] = nil
  else
    return websocket.ok(json.encode(answer(id, message.body)))
  end
end)

return M
