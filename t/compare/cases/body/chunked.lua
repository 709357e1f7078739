-- A chunked body.
-- method: POST
-- header: Transfer-Encoding: chunked
-- body: 3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n
ngx.req.read_body()
ngx.say(ngx.req.get_body_data())
