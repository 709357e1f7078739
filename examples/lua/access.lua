-- May this request go on?  Returning says yes: httpd then does whatever it
-- would have done without us.
local keys = { sesame = "Ada", xyzzy = "Grace" }

local function owner_of(key)
    ngx.sleep(0.3)      -- stands for a question to a slow service
    return keys[key]
end

local key = ngx.var.arg_key
local owner = key and owner_of(key)

if not owner then
    ngx.log(ngx.WARN, "no entry to ", ngx.var.uri, " with key ", key)
    return ngx.exit(ngx.HTTP_FORBIDDEN)
end
