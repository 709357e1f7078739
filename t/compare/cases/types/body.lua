-- Wrong arguments of the functions of the request body.
-- request: POST /t
-- body: a=1
local lib = dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "_lib.lua")
local r = ngx.req
r.read_body()
local function set(...)
    r.set_body_data(...)
    return r.get_body_data()
end
local function append(...)
    r.init_body()
    r.append_body(...)
    r.finish_body()
    return r.get_body_data()
end
local huge = {["1 2^31"] = true, ["1 2^53"] = true, ["1 2^63"] = true,
    ["1 1e300"] = true, ["1 inf"] = true, ["1 nan"] = true}
lib.say{
    {"read_body", r.read_body},
    {"get_body_data", r.get_body_data, skip = {["count 1"] = true}},
    {"get_body_file", r.get_body_file},
    {"get_post_args", r.get_post_args, 5},
    {"set_body_data", set, "x=1"},
    {"set_body_file", r.set_body_file, "/nonexistent"},
    {"append_body", append, "x"},
    {"init_body", r.init_body, 10, skip = huge},
    {"finish_body", r.finish_body},
    {"discard_body", r.discard_body},
}
