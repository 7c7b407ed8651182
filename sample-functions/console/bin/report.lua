-- A console function is a script as one runs it on a command line: its arguments are in `arg`, what
-- it writes is the answer, and a status that is not 0 is a failure. MOONLAYER_MODE is console.
local orders = {
  { day = "2026-10-30", item = "lamp", cents = 4500 },
  { day = "2026-11-02", item = "chair", cents = 12900 },
  { day = "2026-11-17", item = "lamp", cents = 4500 },
}

local function refuse(why)
  io.stderr:write("report: ", why, "\nusage: report.lua MONTH [--csv]\n")
  os.exit(2)
end

local month
local row = "%s  %-8s%10.2f\n"
for _, word in ipairs(arg) do
  if word == "--csv" then
    row = "%s,%s,%.2f\n"
  elseif not month and word:match("^%d%d%d%d%-%d%d$") then
    month = word
  else
    refuse("what is '" .. word .. "'?")
  end
end
if not month then
  refuse("no month is given")
end

local cents = 0
for _, order in ipairs(orders) do
  if order.day:sub(1, 7) == month then
    cents = cents + order.cents
    io.write(row:format(order.day, order.item, order.cents / 100))
  end
end
io.write(row:format(month, "in all", cents / 100))
