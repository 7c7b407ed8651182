-- web.files: a folder of files, as the function of a route.
local part = ...
local answer = part("web/answer")
local fault = part("web/fault")
local decode = part("web/url").decode
local files = part("file")
local serve = part("web/file").answer
local type_of = part("web/file_types")

local function refused(status, headers)
  local message = status == 405 and "Method Not Allowed" or "Not Found"
  return answer.json({ message = message }, status, headers)
end

-- The path in the folder, of a path in a URL; nil where no file can have it.
local function inner_path(encoded, dotfiles)
  local segments = {}
  for segment in (encoded .. "/"):gmatch("(.-)/") do
    local last = segments[#segments]
    segment = decode(segment)
    if last == "" or segment == "." or segment == ".." or segment:find("[/\\%c]") then
      return nil
    elseif segment:sub(1, 1) == "." and not dotfiles and segment ~= ".well-known" then
      return nil
    end
    segments[#segments + 1] = segment
  end
  return table.concat(segments, "/")
end

-- Whether no symbolic link leads out of the folder.
local function is_inside(folder, path)
  local real_folder, real = files.real(folder), files.real(path)
  if not real or not real_folder then
    return false
  elseif real_folder ~= "/" then
    real_folder = real_folder .. "/"
  end
  if real:sub(1, #real_folder) == real_folder then
    return true
  end
  local message = "the file %q is not served: it is a symbolic link out of %s"
  require("lambda.log").warn(message:format(path:sub(#folder + 2), folder))
  return false
end

return function(folder, options)
  if type(folder) ~= "string" or folder == "" then
    fault(nil, "bad argument #1 to 'files' (folder expected, got %s)", type(folder))
  elseif files.stat(folder) ~= "folder" then
    local message = "files: there is no folder %q; paths begin at the task root, %s"
    fault(nil, message, folder, os.getenv("LAMBDA_TASK_ROOT") or "the working directory")
  end
  options = part("web/file_options").check("files", options)
  folder = folder:gsub("(.)/+$", "%1")
  local index = options.index
  if index == nil then
    index = "index.html"
  end

  local function is_served(path)
    return is_inside(folder, path)
  end

  local function of_name(name, req)
    local path = folder .. "/" .. name
    local kind = files.stat(path)
    if kind == "folder" and index then
      name = name == "" and index or name:gsub("/$", "") .. "/" .. index
      path = folder .. "/" .. name
      kind = files.stat(path)
    elseif name:sub(-1) == "/" then
      return nil
    end
    if kind == "file" and is_served(path) then
      return serve(path, name, type_of(name, options.types), options, req, is_served)
    end
  end

  if options.fallback then
    local kind = files.stat(folder .. "/" .. options.fallback)
    if kind ~= "file" then
      fault(nil, "files: there is no file %q in %s for the fallback", options.fallback, folder)
    end
  end

  return function(req)
    if req.method ~= "GET" and req.method ~= "HEAD" then
      return refused(405, { allow = "GET, HEAD" })
    end
    local encoded = rawget(req, "_rest") or req._path:gsub("^/", "")
    local name = inner_path(encoded, options.dotfiles)
    local made = name and of_name(name, req)
    if not made and name and options.fallback and not name:find("%.[^/]*$") then
      made = of_name(options.fallback, req)
    end
    return made or refused(404)
  end
end
