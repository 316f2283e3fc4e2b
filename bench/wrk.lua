-- Checks every body that wrk gets against a file, and prints the result as one line of JSON.
-- The file is the first word after --.

local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(words)
    local file = assert(io.open(words[1], "rb"))
    expected = file:read("*a")
    file:close()
    wrong = 0
end

function response(status, headers, body)
    if status ~= 200 or body ~= expected then
        wrong = wrong + 1
    end
end

function done(summary, latency, requests)
    local bad = 0
    for _, thread in ipairs(threads) do
        bad = bad + thread:get("wrong")
    end
    local e = summary.errors
    local seconds = summary.duration / 1e6
    io.write(string.format(
        '{"requests": %d, "seconds": %.4f, "rate": %.2f, "bytes_per_second": %.0f, ' ..
        '"p50_ms": %.4f, "p99_ms": %.4f, "max_ms": %.3f, "oldest_ms": 0, ' ..
        '"errors": %d, "wrong": %d}\n',
        summary.requests, seconds, summary.requests / seconds, summary.bytes / seconds,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
        e.connect + e.read + e.write + e.timeout, bad))
end
