-- Each request comes from somebody else, as a viral post's readers do: per-client limits do not meet the generator.
-- They are written before the load begins, because the generator shares its cores with what it measures.
local requests, number = {}, 0
init = function()
  for reader = 0, 4095 do
    wrk.headers["X-Forwarded-For"] = string.format("198.18.%d.%d", math.floor(reader / 250), reader % 250)
    requests[reader + 1] = wrk.format()
  end
end
request = function()
  number = number % 4096 + 1
  return requests[number]
end
