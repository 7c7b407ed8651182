-- Builds the e-mail that an event asks for: OrderShipped on an event bus becomes one to the
-- customer, a notification of SNS one to the people who look after the shop.
--
-- Set MAIL_FROM, an address that SES may send from, and MAIL_TO. To send takes a signed call to
-- SES, which is not here: the answer is what its SendRawEmail takes, also as `aws ses
-- send-raw-email --cli-input-json file://answer.json`.
local crypto = require("lambda.crypto")
local events = require("lambda.events")
local web = require("lambda.web")
local mime = require("mime")

local M = {}

local function setting(name)
  local value = os.getenv(name) or ""
  return assert(value ~= "" and value, name .. " is not set")
end

local FROM, TO = setting("MAIL_FROM"), setting("MAIL_TO")

-- The HTML of plain text: each paragraph stays one.
local function html_of(text)
  local paragraphs = web.escape(text):gsub("\n\n+", "</p>\n<p>")
  return "<!doctype html>\n<html><body>\n<p>" .. paragraphs .. "</p>\n</body></html>\n"
end

---@param event lambda.events.BusEvent
local function shipped(event)
  if event.detail_type ~= "OrderShipped" then
    error({ type = "UnknownEvent", message = "no mail is made of " .. event.detail_type })
  end
  local order = event.detail
  local lines = {}
  for _, item in ipairs(order.items) do
    table.insert(lines, ("%d × %s"):format(item.quantity, item.name))
  end
  return {
    to = { name = order.customer.name, address = order.customer.email },
    subject = ("%s, your order %d is on its way"):format(order.customer.name, order.orderId),
    text = ("Dear %s,\n\n%s has your order:\n\n%s\n\nYours\nThe lamp shop\n"):format(
      order.customer.name,
      order.carrier,
      table.concat(lines, "\n\n")
    ),
    id = event.id,
    time_ms = event.time_ms,
  }
end

---@param notification lambda.events.Notification
local function notified(notification)
  return {
    to = { address = TO },
    subject = notification.subject or notification.topic,
    text = notification.message .. "\n",
    id = notification.id,
    time_ms = notification.time_ms,
  }
end

---@param event lambda.events.EventBridgeEvent|lambda.events.SNSEvent
---@param _context lambda.Context
---@return { Source: string, Destinations: string[], RawMessage: { Data: string } }
function M.handler(event, _context)
  local message
  if events.source(event) == "sns" then
    message = notified(events.sns(event)[1]) -- SNS never sends more than one.
  else
    message = shipped(events.eventbridge(event))
  end
  message.from = { name = "The lamp shop", address = FROM }
  message.html = html_of(message.text)
  message.time = math.floor(message.time_ms / 1000)
  return {
    Source = message.from.address,
    Destinations = { message.to.address },
    RawMessage = { Data = crypto.base64(mime.render(message)) },
  }
end

return M
