-- Tells which thumbnails an image that was uploaded to a bucket needs. They go into the same bucket
-- under `thumbnails/`, and there the function stops itself: S3 tells it of these as well, and a
-- function that answers its own objects with more objects runs, and costs, without end.
--
-- Deployed by the bucket's event s3:ObjectCreated:*. To make the thumbnails takes an image library
-- (a rock in C: docs/modules.md) and signed calls to S3, which are not here.
local events = require("lambda.events")
local json = require("lambda.json")
local log = require("lambda.log")

local M = {}

local PREFIX = "thumbnails/"
local WIDTHS = { 160, 640 }
local TYPES = { avif = true, gif = true, jpeg = true, jpg = true, png = true, webp = true }
local MAX_BYTES = 20 * 1024 * 1024

---Why an object gets no thumbnails; nil where it gets some.
---@param object lambda.events.Object
---@return string?
local function refusal(object)
  local extension = object.key:match("%.(%w+)$")
  if not object.event_name:find("^ObjectCreated:") then
    return "not a new object"
  elseif object.key:sub(1, #PREFIX) == PREFIX then
    return "a thumbnail itself"
  elseif not extension or not TYPES[extension:lower()] then
    return "not an image"
  elseif object.size == 0 or object.size > MAX_BYTES then
    return "empty or too large"
  end
end

---@param event lambda.events.S3Event
---@param _context lambda.Context
function M.handler(event, _context)
  local thumbnails = json.array({})
  for _, object in ipairs(events.s3(event)) do
    local why = refusal(object)
    if why then
      log.info("skipped", { key = object.key, why = why })
    else
      for _, width in ipairs(WIDTHS) do
        table.insert(thumbnails, {
          bucket = object.bucket,
          from = object.key,
          to = ("%s%d/%s"):format(PREFIX, width, object.key),
          width = width,
        })
      end
    end
  end
  return { thumbnails = thumbnails }
end

return M
