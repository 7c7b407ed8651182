-- Gives the event when it is of the source that `events.NAME` is for; otherwise raises.
local part = ...

return function(name, source, event)
  local sources = part("events/source")
  if sources.of(event) ~= source then
    part("events/raise").wrong_source(name, sources.LABELS[source], event)
  end
  return event
end
