return "in " .. table.concat({ ... }, ",")
