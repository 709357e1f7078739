-- The body's variables, chunked.
-- method: POST
-- header: Transfer-Encoding: chunked
-- body: 3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n
ngx.say(ngx.var.request_body, " ", ngx.var.content_length)
ngx.req.read_body()
ngx.say(ngx.var.request_body, " ", ngx.var.content_length)
