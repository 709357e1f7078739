-- A status may be a string or have a fraction; a URI may be a number.
-- requests: 1
ngx.redirect(5, "301.9")
