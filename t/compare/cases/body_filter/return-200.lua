-- phase: body_filter
return 200
