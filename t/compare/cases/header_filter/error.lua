-- phase: header_filter
-- compare: error
ngx.header.x_a = "a"
error("boom")
