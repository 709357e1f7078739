-- Which function runs in which phase: the table of lua-nginx-module's README
-- ("context" of each function), corrected where its code says otherwise; those
-- lines say so.  What is no HTTP phase of ours (ssl_*, balancer) is left out.
--
-- {name, phases, call[, ends]}: PHASES are words of ngx.get_phase(), "authz"
-- for Require luaco, or a set of them; "+x" and "-x" add and take away.  ENDS: a
-- call that does not return where it runs.  Read by t/phase/table.t and, in
-- both servers, by the cases beside it.
local sets = {
    any = "init init_worker exit_worker server_rewrite set rewrite access "
        .. "authz precontent content header_filter body_filter log timer",
    request = "server_rewrite set rewrite access authz precontent content "
        .. "header_filter body_filter log",
    active = "server_rewrite rewrite access authz precontent content",
    answer = "server_rewrite rewrite access precontent content",
}

local function nothing() end
local apis = {
    -- output
    { "ngx.say", "answer", function () ngx.say("") end },
    { "ngx.print", "answer", function () ngx.print("") end },
    { "ngx.send_headers", "answer", function () ngx.send_headers() end },
    { "ngx.flush", "answer", function () ngx.flush() end },
    { "ngx.eof", "answer", function () ngx.eof() end },
    { "ngx.headers_sent", "request", -- README: not in the filters and log
        function () return ngx.headers_sent end },
    { "ngx.exit", "active header_filter timer",
        function () ngx.exit(200) end, true },
    { "ngx.redirect", "answer", function () ngx.redirect("/r") end, true },
    { "ngx.exec", "answer", function () ngx.exec("/t.txt") end, true },
    { "ngx.on_abort", "request", function () ngx.on_abort(nothing) end },

    -- response
    { "ngx.status", "request", function () return ngx.status end },
    { "ngx.header", "request", -- README: not in set
        function () return ngx.header["X-Nothing"] end },
    { "ngx.resp.get_headers", "request",
        function () ngx.resp.get_headers() end },
    { "ngx.resp.add_header", "request",
        function () require("ngx.resp").add_header("X-A", "b") end },

    -- request
    { "ngx.var", "request", function () return ngx.var.uri end },
    { "ngx.ctx", "request timer init_worker exit_worker",
        function () return ngx.ctx end },
    { "ngx.arg", "set body_filter", function () return ngx.arg[1] end },
    { "ngx.is_subrequest", "request",
        function () return ngx.is_subrequest end },
    { "ngx.req.is_internal", "request",
        function () ngx.req.is_internal() end },
    { "ngx.req.start_time", "request", function () ngx.req.start_time() end },
    -- README: not in body_filter
    { "ngx.req.http_version", "request",
        function () ngx.req.http_version() end },
    -- README: as its code
    { "ngx.req.socket", "answer", function () ngx.req.socket() end },
    { "ngx.req.raw_header", "request", function () ngx.req.raw_header() end },
    { "ngx.req.get_method", "request", function () ngx.req.get_method() end },
    -- README: not in body_filter and log
    { "ngx.req.set_method", "request",
        function () ngx.req.set_method(ngx.HTTP_GET) end },
    -- README: not in log
    { "ngx.req.set_uri", "request",
        function () ngx.req.set_uri(ngx.var.uri) end },
    { "ngx.req.set_uri_args", "request",
        function () ngx.req.set_uri_args("a=1") end },
    { "ngx.req.get_uri_args", "request",
        function () ngx.req.get_uri_args() end },
    { "ngx.req.get_headers", "request",
        function () ngx.req.get_headers() end },
    -- README: not in log
    { "ngx.req.set_header", "request",
        function () ngx.req.set_header("X-A", "b") end },
    { "ngx.req.clear_header", "request",
        function () ngx.req.clear_header("X-A") end },

    -- request body
    { "ngx.req.read_body", "answer", function () ngx.req.read_body() end },
    -- README: none of the rest in the filters and in log, most not in set
    { "ngx.req.get_post_args", "request",
        function () ngx.req.get_post_args() end },
    { "ngx.req.discard_body", "request",
        function () ngx.req.discard_body() end },
    { "ngx.req.get_body_data", "request",
        function () ngx.req.get_body_data() end },
    { "ngx.req.get_body_file", "request",
        function () ngx.req.get_body_file() end },
    { "ngx.req.set_body_data", "request",
        function () ngx.req.set_body_data("") end },
    { "ngx.req.set_body_file", "request",
        function () ngx.req.set_body_file("/nowhere") end },
    { "ngx.req.init_body", "request", function () ngx.req.init_body() end },
    { "ngx.req.append_body", "request",
        function () ngx.req.append_body("x") end },
    { "ngx.req.finish_body", "request",
        function () ngx.req.finish_body() end },

    -- waiting
    { "ngx.sleep", "active timer", function () ngx.sleep(0) end },
    { "ngx.thread.spawn", "active timer",
        function () ngx.thread.spawn(nothing) end },
    { "ngx.thread.wait", "active timer",
        function () ngx.thread.wait(ngx.thread.spawn(nothing)) end },
    { "ngx.thread.kill", "active timer",
        function () ngx.thread.kill(ngx.thread.spawn(nothing)) end },
    { "coroutine.create", "active timer header_filter body_filter init "
            .. "init_worker exit_worker",
        function () coroutine.create(nothing) end },
    { "coroutine.wrap", "active timer header_filter body_filter init "
            .. "init_worker exit_worker",
        function () coroutine.wrap(nothing) end },

    -- everywhere
    { "ngx.log", "any", function () ngx.log(ngx.DEBUG, "") end },
    { "print", "any", function () print() end },
    { "ngx.get_phase", "any", function () ngx.get_phase() end },
    { "ngx.now", "any", function () ngx.now() end },
    { "ngx.time", "any", function () ngx.time() end },
    { "ngx.update_time", "any", function () ngx.update_time() end },
    { "ngx.today", "any", function () ngx.today() end },
    { "ngx.localtime", "any", function () ngx.localtime() end },
    { "ngx.utctime", "any", function () ngx.utctime() end },
    { "ngx.cookie_time", "any", function () ngx.cookie_time(0) end },
    { "ngx.http_time", "any", function () ngx.http_time(0) end },
    { "ngx.parse_http_time", "any",
        function () ngx.parse_http_time("x") end },
    { "ngx.escape_uri", "any", function () ngx.escape_uri("x") end },
    { "ngx.unescape_uri", "any", function () ngx.unescape_uri("x") end },
    { "ngx.encode_args", "any", function () ngx.encode_args({}) end },
    { "ngx.decode_args", "any", function () ngx.decode_args("a") end },
    { "ngx.encode_base64", "any", function () ngx.encode_base64("x") end },
    { "ngx.decode_base64", "any", function () ngx.decode_base64("x") end },
    { "ngx.decode_base64mime", "any",
        function () ngx.decode_base64mime("x") end },
    { "ngx.crc32_short", "any", function () ngx.crc32_short("x") end },
    { "ngx.crc32_long", "any", function () ngx.crc32_long("x") end },
    { "ngx.hmac_sha1", "any", function () ngx.hmac_sha1("x", "y") end },
    { "ngx.md5", "any", function () ngx.md5("x") end },
    { "ngx.md5_bin", "any", function () ngx.md5_bin("x") end },
    { "ngx.sha1_bin", "any", function () ngx.sha1_bin("x") end },
    { "ngx.quote_sql_str", "any", function () ngx.quote_sql_str("x") end },
    { "ngx.re.match", "any", function () ngx.re.match("a", "b") end },
    { "ngx.re.find", "any", function () ngx.re.find("a", "b") end },
    { "ngx.re.gmatch", "any", function () ngx.re.gmatch("a", "b") end },
    { "ngx.re.sub", "any", function () ngx.re.sub("a", "b", "c") end },
    { "ngx.re.gsub", "any", function () ngx.re.gsub("a", "b", "c") end },
    { "ngx.config.prefix", "any", function () ngx.config.prefix() end },
    { "ngx.config.nginx_configure", "any",
        function () ngx.config.nginx_configure() end },
}

-- The value at a path such as "ngx.req.read_body", as far as it exists.
local function find(name)
    local at = _G
    for word in name:gmatch("[^.]+") do
        at = type(at) == "table" and rawget(at, word)
            or at == _G and _G[word]
        if at == nil or at == false then
            return nil
        end
    end
    return at
end
-- Those without a field of their own: read by a metatable.
local computed = { ["ngx.headers_sent"] = true, ["ngx.status"] = true,
    ["ngx.ctx"] = true, ["ngx.is_subrequest"] = true }

local M = { apis = apis, sets = sets }

function M.exists(api)
    return computed[api[1]] or find(api[1]) ~= nil
end

function M.runs_in(api, phase)
    for word in api[2]:gmatch("%S+") do
        if (" " .. (sets[word] or word) .. " "):find(" " .. phase .. " ",
            1, true)
        then
            return true
        end
    end
    return false
end

-- true: API ran, or failed for a reason of its own.
function M.try(api)
    local ok, why = pcall(api[3])
    why = tostring(why)
    return ok or not (why:find("API disabled in the c", 1, true)
        or why:find("no request found", 1, true)
        or why:find("no request object found", 1, true)
        or why:find("request object not found", 1, true)), why
end

-- Calls every one that returns and the NTH_END of those that do not, and gives
-- WRONG(text) what is not as the table says.
function M.walk(phase, nth_end, wrong)
    local ends = 0
    for _, api in ipairs(apis) do
        local now = not api[4]
        if api[4] and M.exists(api) then
            ends = ends + 1
            now = ends == nth_end
        end
        if now and M.exists(api) then
            local expected = M.runs_in(api, phase)
            local ran, why = M.try(api)
            if ran ~= expected then
                wrong(api[1] .. (ran and " runs in " or " does not run in ")
                    .. phase .. ": " .. why)
            end
        end
    end
end

return M
