-- A script for wrk, which requests each path of targets.txt with each token in turn. A line of targets.txt is
-- `path token`, or `path -` for a request without a token.
local requests = {}
local next_request = 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local path, token = line:match("^(%S+) (%S+)$")
    local headers = { ["connection"] = "keep-alive" }
    if token ~= "-" then
      headers["authorization"] = "Bearer " .. token
    end
    requests[#requests + 1] = wrk.format("GET", path, headers)
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

local counts = {}
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function response(status)
  counts[status] = (counts[status] or 0) + 1
  counted = ""
  for each, count in pairs(counts) do
    counted = counted .. each .. "=" .. count .. " "
  end
end

function done(summary, latency)
  for number, thread in ipairs(threads) do
    print("thread " .. number .. ": " .. thread:get("counted"))
  end
  print(string.format("requests %d, errors of the connection %d, p50 %.2f ms, p99 %.2f ms", summary.requests,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
