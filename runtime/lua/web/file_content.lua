-- What is in files: their bytes, whole or in parts, and their entity tags.
local part = ...
local stat = part("file").stat

local M = {}

-- What was made of files stays while they do; a function serves the same few again and again.
local cache, cached_bytes = {}, 0
local MOST_CACHED_BYTES = 1024 * 1024
local LARGEST_CACHED_BYTES = 64 * 1024
-- What an entry takes beside the file's bytes.
local ENTRY_BYTES = 512
local PIECE_BYTES = 256 * 1024

local function open(path)
  local file, message = io.open(path, "rb")
  return file or error(("cannot open the file %s: %s"):format(path, message), 0)
end

-- An iterator over the bytes from `first` on, `count` of them, a piece at a time.
function M.pieces(path, first, count)
  local file = open(path)
  file:seek("set", first)
  return function()
    local piece = count > 0 and file:read(math.min(count, PIECE_BYTES))
    if not piece then
      if file then
        file:close()
        file, count = nil, 0
      end
      return nil
    end
    count = count - #piece
    return piece
  end
end

-- The bytes from `first` on, `count` of them.
function M.read(path, first, count)
  local file = open(path)
  file:seek("set", first)
  local bytes, message = file:read(count)
  file:close()
  if not bytes and message then
    error(("cannot read the file %s: %s"):format(path, message), 0)
  end
  return bytes or ""
end

-- Of the content: all files of a zip may have one time.
local function tag_of(path, size, bytes)
  local sha256 = require("lambda.crypto").sha256
  if not bytes then
    local digests = {}
    for piece in M.pieces(path, 0, size) do
      digests[#digests + 1] = sha256(piece)
    end
    bytes = table.concat(digests)
  end
  return ("\"%s\""):format(sha256(bytes, "hex"):sub(1, 32))
end

-- A file: `path`, `size`, `etag`, and `bytes` where it is small. Nil where there is none, and what
-- is there instead.
function M.of(path)
  local kind, size, state = stat(path)
  if kind ~= "file" then
    return nil, kind
  end
  local known = cache[path]
  if known and known.state == state then
    return known
  end
  known = { path = path, size = size, state = state }
  local takes = ENTRY_BYTES + #path
  if size <= LARGEST_CACHED_BYTES then
    known.bytes = M.read(path, 0, size)
    known.size = #known.bytes
    takes = takes + size
  end
  known.etag = tag_of(path, size, known.bytes)
  cached_bytes = cached_bytes + takes
  if cached_bytes > MOST_CACHED_BYTES then
    cache, cached_bytes = {}, takes
  end
  cache[path] = known
  return known
end

return M
