-- Decimal numbers as AWS writes them: a number of Lua's where one holds all their digits, or else a
-- value that keeps them.
local part = ...
local json = require("lambda.json")
local raise = part("events/raise")

local M = {}

-- The whole numbers of this interpreter: of 64 bits, or what a double counts up to. The two below
-- are one double.
local HAS_INTEGERS = 9007199254740993 ~= 9007199254740992
local LARGEST = HAS_INTEGERS and "9223372036854775807" or "9007199254740992"
local LARGEST_BELOW_ZERO = HAS_INTEGERS and "9223372036854775808" or "9007199254740992"
-- Of how many digits a double holds any.
local DOUBLE_DIGITS = 15
-- What DynamoDB takes.
local MOST_DIGITS = 38
local LARGEST_EXPONENT = 125
local LEAST_EXPONENT = -130

-- Sign (-1 or 1), digits without zeros at their ends, and the power of ten that the last digit
-- stands for; nil of what is no decimal number. Zero has no digits.
local function parse(text)
  local sign, whole, point, fraction, rest = text:match("^([+-]?)(%d*)(%.?)(%d*)(.*)$")
  if whole == "" and (point == "" or fraction == "") then
    return nil
  end
  local exponent = 0
  if rest ~= "" then
    local power = rest:match("^[eE]([+-]?%d+)$")
    -- A longer one is far beyond every number, and would itself lose digits.
    if not power or #power > 9 then
      return nil
    end
    exponent = tonumber((power:gsub("^%+", "")))
  end
  local digits = (whole .. fraction):gsub("^0+", "")
  local trimmed = digits:match("^(.-)0*$")
  if trimmed == "" then
    return 1, "", 0
  end
  exponent = exponent - #fraction + (#digits - #trimmed)
  return sign == "-" and -1 or 1, trimmed, exponent
end

-- The shortest text that reads back as this double.
local function shortest(number)
  for digits = DOUBLE_DIGITS, 17 do
    local text = ("%%.%dg"):format(digits):format(number)
    if tonumber(text) == number then
      return text
    end
  end
  return nil
end

-- Text of a number of Lua's; nil of an infinity and of what is no number.
local function text_of(number)
  if number ~= number or number == math.huge or number == -math.huge then
    return nil
  end
  local most = HAS_INTEGERS and 2 ^ 63 or 2 ^ 53
  if number % 1 == 0 and number >= -most and number < most then
    return ("%d"):format(number)
  end
  return shortest(number)
end

-- Decimal numbers that no number of Lua's holds.
local Decimal = {}

-- What `parse` gives of a number of Lua's or one of these.
local function parsed(value)
  if type(value) == "number" then
    return parse(text_of(value))
  elseif getmetatable(value) ~= Decimal then
    raise.fail("attempt to compare a number of DynamoDB's with a %s", type(value))
  end
  return parse(value.text)
end

-- Negative, zero or positive, as `a` is less than, equal to or greater than `b`; nil where one of
-- them is no number that compares.
local function compare(a, b)
  if a == math.huge or b == -math.huge then
    return 1
  elseif a == -math.huge or b == math.huge then
    return -1
  elseif a ~= a or b ~= b then
    return nil
  end
  local a_sign, a_digits, a_exponent = parsed(a)
  local b_sign, b_digits, b_exponent = parsed(b)
  local a_size, b_size = #a_digits + a_exponent, #b_digits + b_exponent
  a_sign, b_sign = a_digits == "" and 0 or a_sign, b_digits == "" and 0 or b_sign
  if a_sign ~= b_sign then
    return a_sign - b_sign
  elseif a_size ~= b_size then
    return a_sign * (a_size - b_size)
  elseif a_digits == b_digits then
    return 0
  end
  -- Digits without zeros at their ends: a shorter text that the other begins with is less.
  return a_digits < b_digits and -a_sign or a_sign
end

local function no_arithmetic(a, b)
  local number = getmetatable(a) == Decimal and a or b
  local message = "%s has more digits than a number of Lua's: number:tonumber() gives the nearest"
  raise.fail(message, tostring(number))
end

Decimal.__name = "lambda.events.Decimal"
Decimal.__add, Decimal.__sub, Decimal.__mul = no_arithmetic, no_arithmetic, no_arithmetic
Decimal.__div, Decimal.__mod, Decimal.__pow = no_arithmetic, no_arithmetic, no_arithmetic
Decimal.__unm, Decimal.__idiv = no_arithmetic, no_arithmetic

Decimal.__index = {
  tonumber = function(decimal)
    return tonumber(decimal.text)
  end,
}

function Decimal.__tostring(decimal)
  return decimal.text
end

function Decimal.__eq(a, b)
  return getmetatable(a) == getmetatable(b) and compare(a, b) == 0
end

function Decimal.__lt(a, b)
  local order = compare(a, b)
  return order ~= nil and order < 0
end

function Decimal.__le(a, b)
  local order = compare(a, b)
  return order ~= nil and order <= 0
end

function Decimal.__tojson(decimal)
  return json.raw(decimal.text)
end

function M.is_decimal(value)
  return getmetatable(value) == Decimal
end

-- The text as JSON would have it, of which DynamoDB's own are.
local function decimal(text, sign, digits, exponent)
  local whole, fraction = text:match("^%-?(%d+)(.*)$")
  local is_json = whole
    and (whole == "0" or whole:find("^[1-9]"))
    and (fraction:find("^[^.]") or fraction == "" or fraction:find("^%.%d"))
  if not is_json then
    text = (sign < 0 and "-" or "") .. digits .. "E" .. ("%d"):format(exponent)
  end
  return setmetatable({ text = text }, Decimal)
end

-- Whether a whole number of these digits is one of the interpreter's.
local function is_integer(sign, digits)
  local largest = sign < 0 and LARGEST_BELOW_ZERO or LARGEST
  return #digits < #largest or #digits == #largest and digits <= largest
end

-- The number that the text is; nil where it is none.
function M.read(text)
  if #text <= DOUBLE_DIGITS and text:find("^%-?%d+$") then
    -- Most are small; nothing is added to -0, which LuaJIT would show as such.
    return tonumber(text) + 0
  end
  local sign, digits, exponent = parse(text)
  if not sign then
    return nil
  end
  if exponent >= 0 then
    local size = #digits + exponent
    local whole = size < 20 and digits .. ("0"):rep(exponent)
    if whole and is_integer(sign, whole) then
      -- With its sign: the least integer is one less than the largest has digits for.
      return digits == "" and 0 or tonumber((sign < 0 and "-" or "") .. whole)
    end
    return decimal(text, sign, digits, exponent)
  end
  local number = tonumber(text)
  if #digits <= DOUBLE_DIGITS and exponent > -290 then
    return number
  end
  local near_sign, near_digits, near_exponent = parse(text_of(number) or "0")
  if near_sign == sign and near_digits == digits and near_exponent == exponent then
    return number
  end
  return decimal(text, sign, digits, exponent)
end

-- The text of a number for DynamoDB, or nil and why it takes no such number.
function M.write(number)
  local text = type(number) == "number" and text_of(number) or nil
  if M.is_decimal(number) then
    text = number.text
  end
  if not text then
    return nil, tostring(number) .. " is no number of DynamoDB's"
  end
  local _, digits, exponent = parse(text)
  if #digits > MOST_DIGITS then
    return nil, ("%s has %d digits, and DynamoDB keeps %d"):format(text, #digits, MOST_DIGITS)
  end
  local power = #digits + exponent - 1
  if digits ~= "" and (power > LARGEST_EXPONENT or power < LEAST_EXPONENT) then
    local range = "%s is beyond DynamoDB's numbers, which are from 1E-130 to 1E+126"
    return nil, range:format(text)
  end
  return text
end

return M
