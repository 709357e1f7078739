ngx.exec("@nowhere")
