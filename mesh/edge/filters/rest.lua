-- What HTTP asks of a REST answer and the transcoder does not give. `PATHS`, the tree of mesh/edge/rest_paths.py,
-- stands before this text.

local METADATA = "hamlet.rest"

-- Another method than a path's own --------------------------------------------------------------------------------

local function admitted(node, segments, index, verb, found)
  if index > #segments then
    local methods = node[":"] and node[":"][verb]
    if methods then
      found[#found + 1] = methods
    end
    return
  end
  for _, key in ipairs({ segments[index], "*" }) do
    if key ~= ":" and node[key] then
      admitted(node[key], segments, index + 1, verb, found)
    end
  end
end

-- The methods of a path, as `Allow` says them (RFC 9110, 10.2.1); nil if there is no such path.
local function methods_of(path)
  local segments = {}
  for segment in path:match("^[^?]*"):gmatch("[^/]+") do
    segments[#segments + 1] = segment
  end
  local found = {}
  admitted(PATHS, segments, 1, "", found)
  local last = segments[#segments] or ""
  local name, verb = last:match("^(.*):([^:]*)$")
  if verb and verb ~= "" then
    -- A verb that no path has is part of a variable: `/v1/accounts/a:b`.
    local with_verb = {}
    segments[#segments] = name
    admitted(PATHS, segments, 1, verb, with_verb)
    if #with_verb > 0 then
      found = with_verb
    end
  end
  if #found > 0 then
    return table.concat(found, ", ")
  end
end

-- A status that gRPC has no code for ------------------------------------------------------------------------------

-- A service names it in a header: 412 for If-Match that did not match (RFC 9110, 15.5.13) is ABORTED in gRPC, which the
-- transcoder makes 409.
local function better_status(headers)
  local status = headers:get("x-hamlet-status")
  if status then
    headers:remove("x-hamlet-status")
    if status == "412" and headers:get("content-type") == "application/json" then
      headers:replace(":status", status)
    end
  end
end

-- What the caller has already -------------------------------------------------------------------------------------

-- Whether `If-None-Match` names the answer's tag, by the weak comparison (RFC 9110, 13.1.2).
local function is_known(known, etag)
  if known:match("^%s*%*%s*$") then
    return true
  end
  local wanted = etag:match('"[^"]*"')
  for tag in known:gmatch('"[^"]*"') do
    if tag == wanted then
      return true
    end
  end
  return false
end

local function leave_content_away(handle)
  for chunk in handle:bodyChunks() do
    chunk:setBytes("")
  end
end

local function not_modified(handle)
  local headers = handle:headers()
  headers:replace(":status", "304")
  headers:remove("content-length")
  headers:remove("content-type")
  leave_content_away(handle)
end

-- A stream that a browser can take up again (HTML, 9.2) -----------------------------------------------------------

local RETRY = "retry: 2000\n"

-- The quotes of a text inside the JSON are escaped, so only a field's name looks like this.
local function with_id(event)
  local token = event:match('"resumeToken":%s*"([^"\\]+)"')
  return token and "id: " .. token .. "\n" .. event or event
end

local function events(handle)
  local pending, hint = "", RETRY
  for chunk in handle:bodyChunks() do
    pending = pending .. chunk:getBytes(0, chunk:length())
    local ready, first = {}, 1
    while true do
      local _, last = pending:find("\n\n", first, true)
      if not last then
        break
      end
      ready[#ready + 1] = hint .. with_id(pending:sub(first, last))
      hint, first = "", last + 1
    end
    pending = pending:sub(first)
    chunk:setBytes(table.concat(ready))
  end
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local method = headers:get(":method")
  local path = headers:get(":path")
  if not path then
    -- CONNECT. Its body never ends, and the filters behind would wait for it.
    handle:respond({ [":status"] = "404" }, "")
    return
  end
  local allow = methods_of(path)
  if allow and not (", " .. allow .. ","):find(" " .. method .. ",", 1, true) then
    handle:respond({ [":status"] = "405", ["allow"] = allow }, "")
    return
  end
  local noted = handle:streamInfo():dynamicMetadata()
  if method == "HEAD" then
    -- GET without the content (RFC 9110, 9.3.2). The transcoder knows no HEAD.
    headers:replace(":method", "GET")
    noted:set(METADATA, "head", true)
  end
  local known = headers:get("if-none-match")
  if known and (method == "GET" or method == "HEAD") then
    noted:set(METADATA, "known", known)
  end
end

function envoy_on_response(handle)
  local headers = handle:headers()
  if headers:get("content-type") == "text/event-stream" then
    events(handle)
    return
  end
  better_status(headers)
  local noted = handle:streamInfo():dynamicMetadata():get(METADATA)
  if not noted then
    return
  end
  local etag = headers:get("etag")
  if etag and noted["known"] and headers:get(":status") == "200" and is_known(noted["known"], etag) then
    not_modified(handle)
  elseif noted["head"] then
    leave_content_away(handle)
  end
end
