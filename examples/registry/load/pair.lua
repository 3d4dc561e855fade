-- A script for wrk, which requests one path again and again, and prints a line of numbers: requests per second, p50 and
-- p99 in milliseconds, and the number of responses that were not 200.
local failed = 0
local threads = {}

function setup(thread)
  threads[#threads + 1] = thread
end

function init()
  counted = 0
end

function response(status)
  if status ~= 200 then
    counted = counted + 1
  end
end

function done(summary, latency)
  for _, thread in ipairs(threads) do
    failed = failed + thread:get("counted")
  end
  failed = failed + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  print(string.format("numbers %.0f %.2f %.2f %d", summary.requests / summary.duration * 1000000,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, failed))
end
