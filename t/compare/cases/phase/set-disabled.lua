-- phase: content
-- What may not be called there.
-- nginx: set_by_lua $one 'local o = {} for i, f in ipairs{ngx.say, ngx.print, ngx.exit, ngx.sleep, ngx.redirect, ngx.eof, ngx.send_headers, ngx.thread.spawn, ngx.thread.wait, coroutine.create} do local a = f == ngx.exit and 403 or f == ngx.sleep and 0 or f == ngx.redirect and "/x" or (f == coroutine.create or f == ngx.thread.spawn) and function () end or nil local ok, why = pcall(f, a) o[#o + 1] = i .. " " .. tostring(ok) .. " " .. tostring(why):gsub(" of .*", "") end return table.concat(o, "; ")';
-- httpd: <LuaCoSet one>
-- httpd: local o = {} for i, f in ipairs{ngx.say, ngx.print, ngx.exit, ngx.sleep, ngx.redirect, ngx.eof, ngx.send_headers, ngx.thread.spawn, ngx.thread.wait, coroutine.create} do local a = f == ngx.exit and 403 or f == ngx.sleep and 0 or f == ngx.redirect and "/x" or (f == coroutine.create or f == ngx.thread.spawn) and function () end or nil local ok, why = pcall(f, a) o[#o + 1] = i .. " " .. tostring(ok) .. " " .. tostring(why):gsub(" of .*", "") end return table.concat(o, "; ")
-- httpd: </LuaCoSet>
ngx.say((ngx.var.one:gsub("; ", "\n")))
