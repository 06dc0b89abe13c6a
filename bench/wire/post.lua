-- What wrk sends: the request that the other two send.
wrk.method = "POST"
wrk.body = string.rep("p", 1000)
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer sk-0123456789012345678901234567890123456789"
