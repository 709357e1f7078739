-- A conditional request, by the headers that Lua set.
-- header: If-Unmodified-Since: Wed, 18 Nov 2009 11:27:35 GMT
ngx.header.last_modified = "Thu, 18 Nov 2010 11:27:35 GMT"
ngx.header.etag = '"abc"'
ngx.header.content_length = 5
ngx.header.x_a = "a"
ngx.say("body")
