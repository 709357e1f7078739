-- Nothing has been sent yet: the connection closes.
-- phase: body_filter
-- compare: error
error("boom")
