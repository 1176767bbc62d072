-- A comment of 500 characters from a new address each time.
math.randomseed(os.time())
local text = string.rep("To be, or not to be, that is the question. ", 12):sub(1, 500)
local body = '{"text": "' .. text .. '", "authorName": "Ophelia", "authorEmail": "ophelia@elsinore.example"}'

request = function()
  local address = string.format("10.%d.%d.%d", math.random(0, 255), math.random(0, 255), math.random(1, 254))
  local headers = { ["content-type"] = "application/json", ["x-forwarded-for"] = address }
  return wrk.format("POST", nil, headers, body)
end
