-- A reverse geocoder behind a function URL: `?lat=48.21&lon=16.37` gives the nearest city that
-- cities.lua knows. The data are deployed with the function; what searching them needs is made
-- once, when Lambda starts the process, and serves all its requests.
local web = require("lambda.web")

local M = {}

local EARTH_RADIUS_KM = 6371.0088

-- A place as a point of the unit sphere: near points are near places, also at the poles and on both
-- sides of the 180th meridian, where degrees jump.
local function point(lat, lon)
  lat, lon = math.rad(lat), math.rad(lon)
  return { math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat) }
end

-- A k-d tree: each node parts the cities below it by one coordinate, x, y, z in turn.
local function build(cities, axis)
  if #cities == 0 then
    return nil
  end
  table.sort(cities, function(a, b)
    return a.at[axis] < b.at[axis]
  end)
  local middle = math.floor(#cities / 2) + 1
  local below, above = {}, {}
  for i, city in ipairs(cities) do
    if i ~= middle then
      table.insert(i < middle and below or above, city)
    end
  end
  local following = axis % 3 + 1
  return {
    city = cities[middle],
    axis = axis,
    below = build(below, following),
    above = build(above, following),
  }
end

-- The city nearest to `at`, and the square of the distance through the sphere.
local function nearest(node, at, best, best_square)
  if not node then
    return best, best_square
  end
  local here, square = node.city.at, 0
  for axis = 1, 3 do
    square = square + (at[axis] - here[axis]) ^ 2
  end
  if square < best_square then
    best, best_square = node.city, square
  end
  local beyond = at[node.axis] - here[node.axis]
  local near, far = node.below, node.above
  if beyond > 0 then
    near, far = far, near
  end
  best, best_square = nearest(near, at, best, best_square)
  -- On the other side there is something nearer only where the border is nearer.
  if beyond ^ 2 < best_square then
    best, best_square = nearest(far, at, best, best_square)
  end
  return best, best_square
end

local function load()
  local cities = {}
  for i, row in ipairs(require("cities")) do
    local name, country, lat, lon, population = row[1], row[2], row[3], row[4], row[5]
    cities[i] = { name = name, country = country, population = population, at = point(lat, lon) }
  end
  return build(cities, 1)
end

local tree = load()

local function degrees(req, name, limit)
  local value = tonumber(req.query[name])
  -- LuaJIT takes "nan" for a number, which equals not even itself.
  if not value or value ~= value or math.abs(value) > limit then
    web.error(400, ("%s must be a number from -%d to %d"):format(name, limit, limit))
  end
  return value
end

---@param req lambda.web.Request
M.handler = web.handler(function(req)
  local at = point(degrees(req, "lat", 90), degrees(req, "lon", 180))
  local city, square = nearest(tree, at, nil, math.huge)
  local distance_km = 2 * EARTH_RADIUS_KM * math.asin(math.min(1, math.sqrt(square) / 2))
  -- Cities do not move: browsers and CloudFront may keep the answer.
  return web.json({
    name = city.name,
    country = city.country,
    population = city.population,
    distance_km = math.floor(distance_km + 0.5),
  }, 200, { ["cache-control"] = "public, max-age=86400" })
end)

return M
