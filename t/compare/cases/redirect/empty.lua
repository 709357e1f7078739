-- An empty Location.
ngx.redirect("")
