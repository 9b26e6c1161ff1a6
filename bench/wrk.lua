-- Sends the requests of a file in turn, and prints what came of it in one line.
-- A line of the file is: method, target, token, body, with tabs between them.

local requests, number = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local method, target, token, body = line:match("^(.-)\t(.-)\t(.-)\t(.*)$")
    local headers = { Authorization = "Bearer " .. token }
    if body == "" then
      body = nil
    else
      headers["Content-Type"] = "application/json"
    end
    requests[#requests + 1] = wrk.format(method, target, headers, body)
  end
end

function request()
  number = number % #requests + 1
  return requests[number]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "measured requests=%d microseconds=%d p50=%d p95=%d p99=%d statuses=%d sockets=%d\n",
    summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(95), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
