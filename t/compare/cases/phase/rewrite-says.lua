-- phase: rewrite
-- order: trace
-- Output ends the request.
ngx.say("said in the phase")
