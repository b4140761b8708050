-- What wrk sends: told by environment variables; ends with one line of JSON, as load.ts reads it.
local method, path, body = os.getenv("BENCH_METHOD"), os.getenv("BENCH_PATH"), os.getenv("BENCH_BODY")
local headers = { ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN"), ["Accept"] = "application/json" }
local before, after, count, run, same = nil, nil, 0, os.getenv("BENCH_RUN"), nil

function init()
  if body ~= "" then
    headers["Content-Type"] = "application/json"
    local at = body:find("%NAME%", 1, true)
    if at then before, after = body:sub(1, at - 1), body:sub(at + 6) end
  end
  if not before then same = wrk.format(method, path, headers, body ~= "" and body or nil) end
end

function request()
  if same then return same end
  count = count + 1
  return wrk.format(method, path, headers, before .. "b-" .. run .. "-" .. count .. after)
end

local shown = false
function response(status, _, text)
  if status >= 300 and not shown then
    shown = true
    print(status, text)
  end
end

function done(summary)
  local errors = summary.errors
  print(string.format('{"requests":%d,"seconds":%f,"bytes":%d,"failures":%d}',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
