-- wrk runs this: one line of JSON in place of its report.
local post = tonumber(os.getenv("BENCH_POST"))
if post then
    wrk.method = "POST"
    wrk.body = ("x"):rep(post - 1) .. "\n"
end
function done(summary)
    local e = summary.errors
    io.write(string.format(
        "\nBENCH {\"requests\":%d,\"usec\":%d,\"connect\":%d,\"read\":%d," ..
        "\"write\":%d,\"status\":%d,\"timeout\":%d}\n",
        summary.requests, summary.duration, e.connect, e.read, e.write,
        e.status, e.timeout))
end
