ngx.sleep(0.001) ngx.exec("/two", "n=2")
