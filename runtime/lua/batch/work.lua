-- Calls the user's function for each record of an event, and makes the answer.
local part = ...
local sources = part("batch/sources")
-- Notes where an error was raised, for the report.
local keep = part("trace")
local report_failed = part("report").failed
local json = require("lambda.json")
local log = require("lambda.log")

local BatchFailed = {}

function BatchFailed.__tostring(err)
  return err.message
end

-- The runtime interrupts a handler before its deadline; a record that is begun must be able to end
-- before that. So as much time again is left for it as the runtime leaves for itself.
local function usual_margin_ms(left_ms)
  local usual_ms = math.min(500, left_ms / 10)
  local set_ms = tonumber(os.getenv("MOONLAYER_TIMEOUT_MARGIN_MS"))
  if set_ms and set_ms > 0 and set_ms < left_ms then
    return set_ms + usual_ms
  end
  return 2 * usual_ms
end

-- Gives a function that says whether it is too late to begin another record.
local function lateness(context, margin_ms)
  local left_ms = type(context) == "table" and context.get_remaining_time_in_millis
  local had_ms = left_ms and left_ms(context) or 0
  -- Tests call handlers without a context, and emulators with a deadline that is past.
  if had_ms == 0 then
    return function()
      return false
    end
  end
  margin_ms = margin_ms or usual_margin_ms(had_ms)
  return function()
    return left_ms(context) < margin_ms
  end
end

-- Logs what failed and gives its message; nil when nothing did.
local function failure(source, id, ok, first, second)
  if not ok then
    return report_failed(first, true, { [source.id_name] = id })
  elseif second ~= nil then
    return report_failed(second, false, { [source.id_name] = id })
  end
end

local function group(record)
  local attributes = record.attributes
  local id = type(attributes) == "table" and attributes.MessageGroupId
  return type(id) == "string" and id or nil
end

local function raise(count, begun, first)
  local message = ("record %s failed: %s"):format(first.id, first.message)
  if begun > 1 then
    message = ("all %d records failed; the first: %s"):format(begun, message)
  end
  if begun < count then
    message = message .. ("; %d of %d records were not begun"):format(count - begun, count)
  end
  error(setmetatable({ type = "BatchFailed", message = message }, BatchFailed), 0)
end

return function(fn, options, event, context)
  local source, ids, records = sources.identify(event)
  local is_late = lateness(context, options.margin_ms)
  local failed, begun, first = json.array({}), 0, nil
  -- The groups of a FIFO queue that wait for their next try; or everything does.
  local waits, everything = {}, false

  for nth, id in ipairs(ids) do
    local record = records[nth]
    local its_group = options.groups and source.behind == "report" and group(record)
    -- The first is begun however late it is: a batch that never begins would never end.
    if not everything and nth > 1 and is_late() then
      everything = true
      local message = "%d of %d records are left for the next try: the time is nearly over"
      log.warn(message:format(#ids - nth + 1, #ids))
    end
    local fails = everything or waits[its_group]
    if not fails then
      begun = begun + 1
      local message = failure(source, id, xpcall(fn, keep, record, context))
      if message then
        fails = true
        first = first or { id = id, message = message }
        if its_group then
          waits[its_group] = true
        elseif source.behind ~= "go on" then
          everything = true
        end
      end
    end
    if fails then
      failed[#failed + 1] = { itemIdentifier = id }
      if source.behind == "stop" then
        break
      end
    end
  end

  if first and #failed == #ids and options.raise_on_entire_batch_failure ~= false then
    raise(#ids, begun, first)
  end
  return { batchItemFailures = failed }
end
