-- The index page: page.html with the sources of the examples put in.  They are
-- read at each request from the files that the server runs.
--
-- Reading a file waits for the disk with the VM held.  For a page that people
-- look at now and then that is fine.
local site = ngx.config.prefix()

local function read(name)
    local file = assert(io.open(site .. name, "rb"))
    local text = file:read("a")
    file:close()
    return text
end

local function escape(text)
    return (text:gsub('[&<>"]', {
        ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;",
    }))
end

-- The text of a source file, with its comments marked.  Those of Lua begin
-- anywhere and those of httpd at the beginning of a line; no example has the
-- signs for them in a string.
local function source(name)
    local text = escape(read(name):gsub("%s+$", ""))
    text = text:gsub("%-%-[^\n]*", "<i>%0</i>")
    text = ("\n" .. text):gsub("\n(%s*)(#[^\n]*)", "\n%1<i>%2</i>")
    return '<figure><figcaption>examples/' .. name .. '</figcaption><pre><code>'
        .. text:sub(2) .. '</code></pre></figure>'
end

local words = {
    host = escape(ngx.var.http_host or
        ngx.var.server_addr .. ":" .. ngx.var.server_port),
}

local page = read("page.html")
page = page:gsub("{{source ([%w/.]+)}}", source)
page = page:gsub("{{(%w+)}}", words)

ngx.header["Content-Type"] = "text/html; charset=utf-8"
ngx.header["Content-Security-Policy"] = "default-src 'self'; img-src data:"
ngx.print(page)
