-- order: trace
-- compare: error
error("no answer")
