-- Names in any case.
-- args: Foo=1&foo=2&FOO=3
-- header: X-Mixed-Case: yes
-- header: Cookie: Abc=1; abc=2; ABC=3
ngx.say(ngx.var.URI, " ", ngx.var.Request_Method, " ", ngx.var.ARGS)
ngx.say(ngx.var.arg_foo, ngx.var.ARG_FOO, ngx.var.Arg_Foo)
ngx.say(ngx.var.http_x_mixed_case, ngx.var.HTTP_X_MIXED_CASE)
ngx.say(ngx.var.cookie_abc, ngx.var.cookie_ABC, ngx.var.COOKIE_Abc)
