-- The length of the request, head and body.
-- method: POST
-- args: x=1
-- header: X-Some: value
-- body: hello
ngx.say(ngx.var.content_length, " ", ngx.var.request_method, " ",
    ngx.var.request_length)
