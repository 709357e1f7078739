-- A handler that writes nothing.
local x = 1
