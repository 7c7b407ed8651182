-- Bodies that are functions, which give piece after piece and then nil.
local part = ...
local answers = part("web/answer")
local http_error = part("web/http_error")
local keep = part("trace")

local M = {}

local function piece_of(answer, piece)
  if type(piece) == "string" then
    return piece
  elseif type(piece) == "number" then
    return tostring(piece)
  end
  local message = "the answer's body gave %s; its pieces are strings"
  part("web/fault")(answer.by, message, part("web/shown")(piece))
end

-- The next piece that is not empty, or nil.
function M.next(answer)
  local give = answer.body
  local piece = give()
  while piece ~= nil do
    piece = piece_of(answer, piece)
    if piece ~= "" then
      return piece
    end
    piece = give()
  end
end

local function gather(answer)
  local list = {}
  local piece = M.next(answer)
  while piece do
    list[#list + 1] = piece
    piece = M.next(answer)
  end
  return table.concat(list)
end

-- What `fn` gives for the answer; or nil, and the answer that is sent in place of it.
local function guarded(fn, req, answer)
  local ok, result = xpcall(fn, keep, answer)
  if ok then
    return result
  elseif http_error.is(result) then
    return nil, http_error.answer(req, result)
  end
  error(result, 0)
end

-- The first piece, before anything is sent.
function M.first(req, answer)
  return guarded(M.next, req, answer)
end

-- The answer with its pieces as one.
function M.whole(req, answer)
  local whole = { status = answer.status, headers = answer.headers, cookies = answer.cookies }
  if answers.has_body(req, answer.status) then
    local body, other = guarded(gather, req, answer)
    if other then
      return other
    end
    whole.body = body
  end
  return answers.of(answer.by, whole)
end

return M
