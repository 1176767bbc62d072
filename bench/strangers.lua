-- Each request comes from somebody else, as a viral post's readers do: per-client limits do not meet the generator.
local number = 0
request = function()
  number = number + 1
  wrk.headers["X-Forwarded-For"] = string.format("198.18.%d.%d", math.floor(number / 250) % 250, number % 250)
  return wrk.format()
end
