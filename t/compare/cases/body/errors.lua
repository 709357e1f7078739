-- Wrong use, wrong types.
-- method: POST
-- body: abc
local values = {"", 5, true, ngx.null, print, {}}
local function short(f, ...)
    local ok, err = pcall(f, ...)
    err = tostring(err):gsub("^[^ ]*:%d+: ", ""):gsub("to '[^']*'", "to 'f'")
    return tostring(ok) .. " " .. err
end
local function all(what)
    ngx.say("== ", what)
    local r = ngx.req
    for _, name in ipairs{"read_body", "discard_body", "get_body_file",
        "set_body_data", "set_body_file", "init_body",
        "append_body", "finish_body", "get_post_args"} do
        local f = r[name]
        ngx.say(name, " 4: ", short(f, 1, 2, 3, 4))
        ngx.say(name, " {}: ", short(f, {}))
        ngx.say(name, " nil: ", short(f, nil))
        ngx.say(name, " true: ", short(f, true))
        ngx.say(name, " print: ", short(f, print))
        ngx.say(name, " null: ", short(f, ngx.null))
    end
end
ngx.say(short(ngx.req.set_body_data, "x"))
ngx.say(short(ngx.req.set_body_file, "/nonexistent"))
ngx.say(short(ngx.req.init_body))
ngx.say(short(ngx.req.append_body, "x"))
ngx.say(short(ngx.req.finish_body))
all("before")
ngx.req.read_body()
ngx.say(ngx.req.get_body_data())
all("after")
ngx.say(short(ngx.req.set_body_file, "/nonexistent/file"))
ngx.say(short(ngx.req.set_body_file, "/dev/null", "x"))
ngx.say(short(ngx.req.init_body, -1))
ngx.say(short(ngx.req.init_body, "x"))
ngx.say(short(ngx.req.init_body, "5"))
ngx.say(short(ngx.req.append_body))
ngx.say(ngx.req.get_body_data())
