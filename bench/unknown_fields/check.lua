-- Refuses a body with a field that the contract does not have. `FIELDS`, by the end of the path, stands before this
-- text: a field's name leads to the fields of its message, or to true for a field that has none.

-- The place of the quote that ends the string which begins at `first`.
local function closing(body, first)
  local last = first
  repeat
    last = body:find('"', last + 1, true)
    if not last then
      return nil
    end
    local escapes, before = 0, last - 1
    while body:byte(before) == 92 do
      escapes, before = escapes + 1, before - 1
    end
  until escapes % 2 == 0
  return last
end

local function unknown(body, fields)
  local stack, inside, child, at = {}, nil, fields, 1
  while true do
    local first, _, mark = body:find('(["{}])', at)
    if not first then
      return nil
    end
    at = first + 1
    if mark == "{" then
      stack[#stack + 1] = inside or false
      inside = child
    elseif mark == "}" then
      inside = table.remove(stack) or nil
    else
      local last = closing(body, first)
      if not last then
        return nil
      end
      at = last + 1
      if body:find("^%s*:", at) and type(inside) == "table" then
        local name = body:sub(first + 1, last - 1)
        child = inside[name]
        if child == nil then
          return name
        end
      end
    end
  end
end

function envoy_on_request(handle)
  local body = handle:body()
  if body and unknown(body:getBytes(0, body:length()), FIELDS) then
    handle:respond({ [":status"] = "400" }, "")
  end
end
