-- Where there is no request.
-- phase: init
-- compare: log
for _, name in ipairs{"read_body", "discard_body", "get_body_data",
    "get_body_file", "finish_body", "get_post_args", "init_body"} do
    ngx.log(ngx.ERR, name, " ", (select(2, pcall(ngx.req[name]))))
end
for _, name in ipairs{"set_body_data", "set_body_file", "append_body"} do
    ngx.log(ngx.ERR, name, " ", (select(2, pcall(ngx.req[name], "x"))))
end
